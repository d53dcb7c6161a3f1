package remote

import (
	"context"
	"net/http"
	"strings"
)

// admitted handles a call of an agent, which has to show its credential. It says so much as its price is, and takes one of these places.
func (s *Server) admitted(said float64, in *places, do func(c *call) (any, error)) http.Handler {
	return s.public(func(c *call) (any, error) {
		if err := s.admit(c, said, in); err != nil {
			return nil, err
		}
		return do(c)
	})
}

// admit lets a call in. One whose credential is known here is at its agent's expense before anything is asked of the store. Others are at that of
// strangers until their credential is found to be good.
func (s *Server) admit(c *call, said float64, in *places) error {
	c.caller = callerOf(c.bearer())
	if c.caller.name == "" {
		return errRefused
	}
	known := s.faces.knows(c.caller)
	if !known {
		err := c.comeIn()
		if err == nil {
			err = s.recognize(c)
		}
		if c.leave(); err != nil {
			return err
		}
	}
	err := c.charge(price{1 + float64(c.r.ContentLength)/(64<<10), said})
	if err == nil {
		err = c.enter(c.ctx, in, c.caller.name)
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

// comeIn has a call be at the expense of all strangers.
func (c *call) comeIn() error {
	from := c.server.strangers.whence(c.r)
	in, err := c.server.strangers.begin(from)
	if err != nil {
		return err
	}
	return c.enter(c.ctx, in, from)
}

// charge has a call be at the expense of its agent.
func (c *call) charge(cost price) (err error) {
	c.account, err = c.server.pace.begin(c.caller.name, cost)
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

// enter takes one of these places. Who has to wait too long for who gives way is told.
func (c *call) enter(ctx context.Context, in *places, whose string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, c.server.o.Patience)
	defer cancel()
	c.out, err = in.enter(ctx, whose, c.giveWay)
	return err
}

// leave makes room for another call, once.
func (c *call) leave() {
	if c.out != nil {
		c.out()
		c.out = nil
	}
}
