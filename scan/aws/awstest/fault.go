package awstest

import "net/http"

// A Call is a request that came in.
type Call struct {
	// Action is what it asks for, such as ReceiveMessage or GetObject. N counts the requests for that, from 1.
	Action string
	N      int
}

// A Fault is what goes wrong with a request.
type Fault int

// The faults.
const (
	// None: it is answered as it should be.
	None Fault = iota
	// Throttle: it is refused, as there are too many. Nothing is done.
	Throttle
	// Fail: the service has an error of its own. Nothing is done.
	Fail
	// CutBefore: the connection breaks. Nothing is done.
	CutBefore
	// CutAfter: the connection breaks before the answer. Everything is done. Clients repeat the request.
	CutAfter
	// CutAnswer: the connection breaks in the middle of the answer. Everything is done. Clients do not repeat the request, unless they ask for the rest.
	CutAnswer
	// Partly: of a batch every second entry is refused, as there are too many. Other requests are answered as they should be.
	Partly
	// Twice: what ReceiveMessage hands out can be received by others at once. Other requests are answered as they should be.
	Twice
)

// call counts a request, and says what is to go wrong with it.
func (c *Cloud) call(action string) Fault {
	c.mu.Lock()
	c.calls[action]++
	n := c.calls[action]
	c.mu.Unlock()
	if c.o.Fault == nil {
		return None
	}
	return c.o.Fault(Call{action, n})
}

// cut breaks the connection, after some bytes of an answer if there are any.
func cut(w http.ResponseWriter, some []byte) {
	if len(some) > 0 {
		_, _ = w.Write(some)
		_ = http.NewResponseController(w).Flush()
	}
	panic(http.ErrAbortHandler)
}
