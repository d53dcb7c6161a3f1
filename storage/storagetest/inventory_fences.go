package storagetest

import "github.com/reeve-go/reeve/storage"

func fencing() inventoryGroup {
	begin := func(s *stock, scope string, token storage.Token) error {
		tx, err := s.Inventory.Begin(s.ctx, storage.Fence{Scope: scope, Token: token})
		if err == nil {
			_ = tx.Close()
		}
		return err
	}
	return inventoryGroup{"fences", []inventoryCase{
		{name: "refuse a token that is older than one that has saved", run: func(s *stock) {
			s.saveAt("a", 7)
			s.fails("begin with an older token", begin(s, "a", 6), storage.ErrLeaseLost, `a`, "6", "7")
			s.is("begin without a token", begin(s, "a", 0), storage.ErrLeaseLost)
		}},
		{name: "let the same token and newer ones save", run: func(s *stock) {
			s.saveAt("a", 7)
			s.saveAt("a", 7)
			s.saveAt("a", 1<<62)
			s.is("begin with the older token", begin(s, "a", 7), storage.ErrLeaseLost)
		}},
		{name: "are a scope's own", run: func(s *stock) {
			s.saveAt("a", 7)
			s.is("begin in another scope", begin(s, "b", 1), nil)
		}},
		{name: "remember no token that did not save", run: func(s *stock) {
			s.saveAt("a", 1)
			s.is("begin and close", begin(s, "a", 9), nil)
			s.is("begin with an older token than that", begin(s, "a", 2), nil)
		}},
		{name: "refuse who waited while a newer token saved", run: func(s *stock) {
			other := s.second()
			tx := s.txAt("a", 9)
			ended := make(chan error, 1)
			go func() {
				late, err := other.Begin(s.ctx, storage.Fence{Scope: "a", Token: 8})
				if err == nil {
					_ = late.Close()
				}
				ended <- err
			}()
			sleep(moment)
			s.commit(tx)
			s.is("a save with an older token that waited", <-ended, storage.ErrLeaseLost)
		}},
		{name: "have a scope", run: func(s *stock) {
			for _, scope := range []string{"", "a\x00", "\xff"} {
				s.is("begin with a wrong scope", begin(s, scope, 1), storage.ErrInvalid)
			}
			s.is("begin with a token that is too great", begin(s, "a", 1<<63), storage.ErrInvalid)
			s.is("begin with a strange scope", begin(s, `it's "Ä"`, 1), nil)
		}},
	}}
}
