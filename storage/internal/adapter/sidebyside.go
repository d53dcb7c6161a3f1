package adapter

import "github.com/reeve-go/reeve/storage"

// SideBySide returns how many changes at the head of n, at least one, can be made together, part by part:
// their parts touch different records, except that several may send to the same ones or spawn the same
// ones. One that is alone is made by itself.
func SideBySide(n int, change func(i int) *storage.Change, alone func(*storage.Change) bool) int {
	owned, spawned, sent := map[storage.Key]bool{}, map[storage.Key]bool{}, map[storage.Key]bool{}
	emitted, deletes := map[string]bool{}, false
	fits := func(c *storage.Change) bool {
		if alone(c) || owned[c.Key] || spawned[c.Key] || sent[c.Key] || deletes && len(c.Emit) > 0 {
			return false
		}
		for i := range c.Spawn {
			if k := c.Spawn[i].Record.Key; owned[k] || sent[k] {
				return false
			}
		}
		for i := range c.Send {
			if k := c.Send[i].To; owned[k] || spawned[k] {
				return false
			}
		}
		for i := range c.Emit {
			if emitted[c.Emit[i].ID] {
				return false
			}
		}
		return true
	}
	for i := range n {
		c := change(i)
		if i > 0 && (alone(change(0)) || !fits(c)) {
			return i
		}
		owned[c.Key], deletes = true, deletes || c.Delete
		for j := range c.Spawn {
			spawned[c.Spawn[j].Record.Key] = true
		}
		for j := range c.Send {
			sent[c.Send[j].To] = true
		}
		for j := range c.Emit {
			emitted[c.Emit[j].ID] = true
		}
	}
	return n
}
