package supervision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/internal/text"
	"github.com/reeve-go/reeve/storage"
)

// A Call is an effect as its performer is given it.
type Call struct {
	// From is the record that wants it done, Element the part of it that it is for.
	From    storage.Key
	Element string
	// ID is the emission. Key is the idempotency key: whoever does what it stands for twice has made a
	// mistake.
	ID, Key string
	// Operation and Step are those that it is for.
	Operation, Step string
	// Attempt is 1 at the first try.
	Attempt int
	// Fence grows with each try; a service that keeps the newest can refuse an older one that comes late.
	Fence storage.Token
}

// PerformOptions are the options of [Perform]. Nil is the same as the zero value.
type PerformOptions struct {
	// Attempts is how often an effect is tried before it is given up. Zero: [DefaultAttempts]; less:
	// until its deadline.
	Attempts int
	// Backoff is how long to wait after failed tries. Nil: from half a second to two minutes.
	Backoff Backoff
	// Timeout ends the context of one try. Zero: only the effect's deadline does.
	Timeout time.Duration
	// Caps bound how many go on at once.
	Caps Caps
}

// DefaultAttempts is how often an effect is tried.
const DefaultAttempts = 20

// Perform has the supervisor perform the effects of that sort by calling f: for each one at least
// once, and again after an error, see [Permanent] and [RetryAfter]. The context ends when the record
// no longer wants it ([storage.ErrCanceled]), when its deadline passes, when another may have taken it
// over ([storage.ErrLeaseLost]) and when the supervisor stops ([ErrStopping]): then f must return soon.
// What f returns is told to the record. A panic counts as an error. Call it before Run.
func Perform[A, R any](s *Supervisor, e *Effect[A, R], f func(ctx context.Context, c Call, args A) (R, error), o *PerformOptions) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e == nil || f == nil {
		s.refuse("an effect and a function are needed to perform it; one of them is nil")
		return
	}
	if s.performers[e.name] != nil {
		s.refuse("effect %q is performed twice; once is right", e.name)
		return
	}
	p := &performer{name: e.name, around: s.options.Around}
	if o != nil {
		p.options = *o
	}
	if p.options.Attempts == 0 {
		p.options.Attempts = DefaultAttempts
	}
	if p.options.Backoff == nil {
		p.options.Backoff = Exponential(500*time.Millisecond, 2*time.Minute)
	}
	p.caps = newLimiter(p.options.Caps)
	if err := p.caps.check(); err != nil {
		s.refuse("effect %q: %w", e.name, err)
	}
	p.call = func(ctx context.Context, c Call, body []byte) (result []byte, err error) {
		defer recoverTo(&err)
		var args A
		if err := e.codec.Unmarshal(body, &args); err != nil {
			return nil, Permanent(fmt.Errorf("%w: the arguments: %w", ErrData, err))
		}
		r, err := f(ctx, c, args)
		if err != nil {
			return nil, err
		}
		if result, err = e.codec.Marshal(r); err != nil {
			return nil, Permanent(fmt.Errorf("%w: it was done, but its result cannot be written: %w", ErrData, err))
		}
		return result, nil
	}
	s.performers[e.name] = p
}

// A performer performs one sort of effect.
type performer struct {
	name    string
	options PerformOptions
	caps    *limiter
	around  func(ctx context.Context, c Call, effect string, perform func(context.Context) error) error
	call    func(ctx context.Context, c Call, body []byte) ([]byte, error)
}

// ErrStopping is the cause with which the context of an effect ends because the supervisor stops.
var ErrStopping = errors.New("the supervisor stops")

// attempt tries an effect once, and says how to settle it; false: it is to be released, not settled.
func (p *performer) attempt(ctx context.Context, e *storage.Taken) (storage.Settlement, bool, error) {
	s := storage.Settlement{Lease: e.Lease, As: storage.EffectDone}
	if overdue(e, e.Now) {
		s.As, s.Reason = storage.EffectDead, "its deadline has passed"
		s.Outcome = p.outcome(e, nil, &EffectError{Attempts: e.Attempt - 1, Overdue: true, Text: lastReason(e)})
		return s, true, nil
	}
	work, cancel := p.limits(ctx, e)
	defer cancel()
	begun := time.Now()
	var result []byte
	err := p.around(work, callOf(e), p.name, func(ctx context.Context) (err error) {
		result, err = p.call(ctx, callOf(e), e.Body)
		return err
	})
	switch cause := context.Cause(ctx); {
	case err == nil:
		if !e.Quiet {
			s.Outcome = p.outcome(e, result, nil)
		}
		return s, true, nil
	case errors.Is(cause, storage.ErrLeaseLost):
		return s, false, nil // another has it
	case errors.Is(cause, ErrStopping):
		return s, false, err
	case errors.Is(cause, storage.ErrCanceled):
		s.As, s.Reason = storage.EffectDead, clip(err.Error())
		return s, true, nil
	}
	s.Reason = clip(err.Error())
	a := adviceOf(err)
	late := overdue(e, e.Now.Add(time.Since(begun)))
	if late || a != nil && a.permanent || p.options.Attempts > 0 && e.Attempt >= p.options.Attempts {
		s.As = storage.EffectDead
		s.Outcome = p.outcome(e, nil, &EffectError{Attempts: e.Attempt, Overdue: late, Text: s.Reason})
		return s, true, err
	}
	s.As, s.Retry = storage.EffectPending, p.options.Backoff(e.Attempt)
	if a != nil {
		s.Retry = a.after
	}
	return s, true, err
}

func overdue(e *storage.Taken, now time.Time) bool {
	return !e.Deadline.IsZero() && !e.Deadline.After(now)
}

func lastReason(e *storage.Taken) string {
	if e.Reason != "" {
		return e.Reason
	}
	return "it was not tried in time"
}

// limits ends the context of a try in time. How long there is to the deadline is a matter of the
// store's clock; from here on the process's own counts.
func (p *performer) limits(ctx context.Context, e *storage.Taken) (context.Context, context.CancelFunc) {
	var limit time.Duration
	if !e.Deadline.IsZero() {
		limit = e.Deadline.Sub(e.Now)
	}
	if t := p.options.Timeout; t > 0 && (limit == 0 || t < limit) {
		limit = t
	}
	if limit == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, limit)
}

func callOf(e *storage.Taken) Call {
	return Call{
		From: e.From, Element: e.Element, ID: e.ID, Key: e.Key,
		Operation: e.Operation, Step: e.Step, Attempt: e.Attempt, Fence: e.Lease.Token,
	}
}

// outcome returns the message that tells the record what came of its effect.
func (p *performer) outcome(e *storage.Taken, result []byte, failed *EffectError) *storage.Message {
	if failed != nil {
		failed.ID = e.ID
	}
	body, err := json.Marshal(outcome{result, failed})
	if err != nil {
		body = nil // cannot be: bytes and plain fields
	}
	return &storage.Message{
		ID: fmt.Sprintf("%s/%d", e.ID, e.Lease.Token), Name: outcomePrefix + p.name, Element: e.Element,
		Operation: e.Operation, Step: e.Step, Body: body,
	}
}

// clip shortens a text to what a store keeps.
func clip(s string) string { return text.Clip(s, storage.MaxText) }
