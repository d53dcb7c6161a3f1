package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/reeve-go/reeve/internal/text"
	"github.com/reeve-go/reeve/scan"
)

// mostReason bounds why a request is buried, in bytes.
const mostReason = 4 << 10

// settle extends a delivery of the agent, or says what becomes of it. What was done by an operation is not done again.
func (s *Server) settle(c *call) (any, error) {
	in, err := read[settling](c)
	switch {
	case err != nil:
		return nil, err
	case !isWord(in.Operation, mostWord) || in.Lease < 0 || in.Lease > mostSpan || in.After < 0 || in.After > mostSpan:
		return nil, refuse(http.StatusBadRequest, CodeInvalid, "an operation is needed, and spans of up to %v", mostSpan)
	}
	h := s.held.get(c.r.PathValue("id"), c.caller)
	if h == nil {
		return nil, refuse(http.StatusNotFound, CodeNotFound, "this agent holds no delivery of that number by this server")
	}
	if err := h.settling.lock(c.ctx); err != nil {
		return nil, err
	}
	defer h.settling.unlock()
	d, by := h.now()
	if d == nil {
		if by == in.Operation {
			return settled{}, nil
		}
		return nil, errLost
	}
	var out settled
	switch c.r.PathValue("what") {
	case "extend":
		if in.Lease < time.Millisecond {
			return nil, refuse(http.StatusBadRequest, CodeInvalid, "a lease is needed")
		}
		if err = d.Extend(c.ctx, in.Lease); err == nil {
			out.Left = time.Until(d.Expires())
		}
	case "ack":
		err = h.settle(c.ctx, in.Operation, d.Ack)
	case "retry":
		err = h.settle(c.ctx, in.Operation, func(ctx context.Context) error { return d.Retry(ctx, in.After) })
	case "bury":
		reason := fmt.Sprintf("%s (as agent %q says)", text.Clip(in.Reason, mostReason), c.caller.name)
		err = h.settle(c.ctx, in.Operation, func(ctx context.Context) error { return d.Bury(ctx, reason) })
	default:
		return nil, refuse(http.StatusNotFound, CodeNotFound, "a delivery can be extended, acked, retried or buried")
	}
	if errors.Is(err, scan.ErrLeaseLost) {
		h.finish("")
		return nil, errLost
	}
	return out, err
}

var errLost = refuse(http.StatusGone, CodeLost, "the delivery was settled, or its lease is lost")

// settle ends a delivery, whether its agent hears of it or not.
func (h *held) settle(ctx context.Context, operation string, do func(ctx context.Context) error) error {
	ctx, cancel := lastly(ctx)
	defer cancel()
	err := do(ctx)
	if err == nil {
		h.finish(operation)
	}
	return err
}
