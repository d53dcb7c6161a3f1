package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"
)

// A call is one request of an agent.
type call struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	ctx    context.Context
	caller caller
	// account is at whose expense it is, and out leaves the place that it has among those that are worked on. It may lose that: giveWay ends its context.
	account *allowance
	out     func()
	giveWay context.CancelCauseFunc
	// streamed: the answer was written already.
	streamed bool
}

// mostCall is how long any call may take: as long as it takes to keep a large blob.
const mostCall = 3 * time.Minute

// public handles a call of whoever it is.
func (s *Server) public(do func(c *call) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{server: s, w: w, r: r}
		if err := c.plain(); err != nil {
			c.answer(nil, err)
			return
		}
		defer c.pay() // when it was answered
		defer c.leave()
		ctx, cancel := context.WithTimeout(r.Context(), mostCall)
		defer cancel()
		ctx, giveWay := context.WithCancelCause(ctx)
		defer giveWay(nil)
		c.ctx, c.giveWay = ctx, giveWay
		out, err := do(c)
		c.leave() // who reads an answer slowly takes no place for it
		if cause := context.Cause(ctx); err != nil && errors.Is(cause, errGaveWay) {
			err = cause
		}
		c.answer(out, err)
	})
}

// plain keeps out what is not spoken here.
func (c *call) plain() error {
	if e := c.r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return refuse(http.StatusUnsupportedMediaType, CodeInvalid, "the body is compressed; one that is not is right")
	}
	if c.r.ContentLength < 0 {
		return refuse(http.StatusLengthRequired, CodeInvalid, "the body comes without its length; one with a Content-Length is right")
	}
	return nil
}

func (c *call) control() *http.ResponseController { return http.NewResponseController(c.w) }

// yields has what waits for the caller wait no longer when the call has to end, until what it returns is called.
func (c *call) yields(deadline func(time.Time) error) (over func()) {
	done := make(chan struct{})
	stop := context.AfterFunc(c.ctx, func() {
		defer close(done)
		_ = deadline(time.Unix(1, 0)) // a writer that cannot is a test's
	})
	return func() {
		if !stop() {
			<-done
		}
	}
}

// body returns the body, which has so many bytes at most and comes in time.
func (c *call) body(most int64) ([]byte, error) {
	n := c.r.ContentLength
	if n > most {
		return nil, refuse(http.StatusRequestEntityTooLarge, CodeTooLarge, "the body has %d bytes; at most %d are right", n, most)
	}
	defer c.yields(c.control().SetReadDeadline)()
	var body bytes.Buffer
	if _, err := io.Copy(&body, io.LimitReader(c.r.Body, n)); err != nil || int64(body.Len()) != n {
		return nil, refuse(http.StatusRequestTimeout, CodeInvalid, "the body did not come to its end in time")
	}
	return body.Bytes(), nil
}

// mostJSON bounds bodies that have neither a reply nor a part of a blob: 100 reports fit in.
const mostJSON = 256 << 10

// read reads the body as one JSON value. Fields that are not known are passed over, as package scan does.
func read[T any](c *call) (T, error) {
	var into T
	body, err := c.body(mostJSON)
	if err == nil {
		err = decode(body, &into)
	}
	return into, err
}

func decode(body []byte, into any) error {
	if json.Unmarshal(body, into) != nil {
		return refuse(http.StatusBadRequest, CodeInvalid, "the body is not the JSON that belongs here")
	}
	return nil
}

// answer writes what is answered. Of errors that are not for agents only the log is told.
func (c *call) answer(out any, err error) {
	if c.streamed {
		return
	}
	status := http.StatusOK
	var refused *Error
	if err != nil {
		if !errors.As(err, &refused) {
			if c.r.Context().Err() == nil {
				c.server.log.Error("remote: a call could not be answered", "endpoint", c.r.Pattern, "agent", c.caller.name, "error", err)
			}
			refused = refuse(http.StatusServiceUnavailable, CodeUnavailable, "the server cannot do it now; try again")
		}
		status, out = refused.Status, refused
	}
	body, err := json.Marshal(out)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"code":"unavailable","text":"there is no answer"}`)
	}
	h := c.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if refused != nil && (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable) {
		h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(refused.After.Seconds())))))
	}
	_ = c.control().SetWriteDeadline(time.Now().Add(c.server.o.Patience)) // a writer that cannot is a test's
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body) // who does not hear it asks again
}
