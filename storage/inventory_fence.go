package storage

// Check returns an [Error] that is [ErrInvalid] or [ErrTooLarge] if an inventory must refuse the fence.
func (f Fence) Check() error {
	k := Limits{}.checker(f.key())
	k.id("scope", f.Scope)
	k.number("token", uint64(f.Token))
	return k.err
}

// Guard returns an [Error] that is [ErrLeaseLost] if newest, the newest token that has saved in the scope, is
// newer than the fence's.
func (f Fence) Guard(newest Token) error {
	if f.Token >= newest {
		return nil
	}
	return Errorf(ErrLeaseLost, f.key(), "token %d came too late: the newer token %d has saved here; collect again under a lease of now", f.Token, newest)
}

func (f Fence) key() Key { return Key{Kind: "scope", ID: f.Scope} }

// Check returns an [Error] that is [ErrInvalid] or [ErrTooLarge] if an inventory must refuse it.
func (t Touched) Check() error {
	k := Limits{}.checker(Key{Kind: "table", ID: t.Table})
	k.optional("table of a touched row", t.Table, MaxName)
	k.size("key of a touched row", len(t.Key), MaxTouchedKey)
	return k.err
}

// CheckAfter returns an error that is [ErrNotFound] if a save can no longer be told what the saves after
// the one with that number were about.
func (f Fence) CheckAfter(after, number uint64) error {
	if number > KeptSaves+1 && after < number-1-KeptSaves {
		return Errorf(ErrNotFound, f.key(), "what the saves from %d on were about: only the last %d are known, from %d on; collect again",
			after+1, KeptSaves, number-KeptSaves)
	}
	return nil
}
