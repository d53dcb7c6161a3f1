package storage

// Guard says why c must not be made to a record that is at version and whose newest token is token;
// nil: it may. Version zero stands for a record that does not exist. Backends that guard in the
// database call it to say why nothing was written, so that every one says the same.
func (c *Change) Guard(version uint64, token Token) error {
	exists := version > 0
	switch {
	case !exists && c.Version > 0:
		return Errorf(ErrNotFound, c.Key, "it cannot be changed at version %d", c.Version)
	case exists && c.Version == 0:
		return Errorf(ErrExists, c.Key, "it is at version %d", version)
	case exists && c.Token != 0 && c.Token < token:
		return Errorf(ErrLeaseLost, c.Key, "token %d is too old; the newest is %d", c.Token, token)
	case c.Version != version:
		return Errorf(ErrConflict, c.Key, "version %d was expected, %d is there", c.Version, version)
	}
	return nil
}
