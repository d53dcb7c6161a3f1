//go:build race

package supervisiontest_test

// One goroutine at a time has no races: a few simulations are enough.
func init() { detecting = true }
