// Package drivers runs the conformance suite on real database drivers, which the library itself does
// not import. It holds only tests.
package drivers
