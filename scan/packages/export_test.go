package packages

// ParseRPM reads the header of a package.
func ParseRPM(b []byte) (*Package, error) { return parseRPM(b) }
