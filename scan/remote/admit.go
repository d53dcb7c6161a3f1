package remote

import (
	"context"
	"net/http"
	"strings"
)

// admitted handles a call of an agent, which has to show its credential. It says so much as its price is.
func (s *Server) admitted(said float64, do func(c *call) (any, error)) http.Handler {
	return s.public(func(c *call) (any, error) {
		if err := s.admit(c, said); err != nil {
			return nil, err
		}
		return do(c)
	})
}

// admit lets a call in. One whose credential is known here is at its agent's expense before anything is asked of the store. Others are at that of
// strangers until their credential is found to be good.
func (s *Server) admit(c *call, said float64) error {
	c.caller = callerOf(c.bearer())
	if c.caller.name == "" {
		return errRefused
	}
	known := s.faces.knows(c.caller)
	if !known {
		err := c.charge(strangers, &s.forStrangers, price{calls: 1})
		if err == nil {
			err = s.recognize(c)
		}
		if c.pay(); err != nil {
			return err
		}
	}
	err := c.charge(c.caller.name, &s.forEach, price{1 + float64(c.r.ContentLength)/(64<<10), said})
	if err == nil {
		err = c.enter()
	}
	if err == nil && known {
		err = s.recognize(c)
	}
	return err
}

// recognize asks the books whether the caller's credential is good.
func (s *Server) recognize(c *call) error {
	p, err := s.books.open(c.ctx, c.caller.name)
	if err != nil {
		return err
	}
	c.caller.see(p)
	if err := p.admits(c.caller); err != nil {
		s.faces.forget(c.caller)
		return err
	}
	s.faces.keep(c.caller)
	return nil
}

// bearer returns the credential that came with a call.
func (c *call) bearer() string {
	credential, _ := strings.CutPrefix(c.r.Header.Get("Authorization"), "Bearer ")
	return credential
}

// charge has a call be at the expense of an account.
func (c *call) charge(name string, b *budget, cost price) (err error) {
	c.account, err = c.server.pace.begin(name, b, cost)
	return err
}

// pay ends that.
func (c *call) pay() {
	if c.account != nil {
		c.server.pace.end(c.account)
		c.account = nil
	}
}

// alone waits until no other call of the agent here changes what the books say of it. So there is always a turn for who changes it elsewhere, to revoke it.
func (c *call) alone(ctx context.Context) (over func(), err error) {
	writing := c.account.writing
	return writing.unlock, writing.lock(ctx)
}

// enter takes a place, if there is one.
func (c *call) enter() error {
	select {
	case c.server.calls <- struct{}{}:
		c.placed = true
		return nil
	default:
		return refuse(http.StatusServiceUnavailable, CodeUnavailable, "there are too many calls at once; try again")
	}
}

// leave makes room for another call, once.
func (c *call) leave() {
	if c.placed {
		<-c.server.calls
		c.placed = false
	}
}
