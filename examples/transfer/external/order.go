package external

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// An order is what a connector asks.
type order struct {
	Do       string `json:"do"`
	Goal     string `json:"goal"`
	Request  string `json:"request"`
	Resource string `json:"resource"`
	Key      string `json:"key"`
	Attempt  int    `json:"attempt"`
	Config   struct {
		Size int    `json:"size"`
		Held string `json:"held"`
	} `json:"config"`
	Callback struct {
		URL   string `json:"url"`
		Token string `json:"token"`
	} `json:"callback"`
}

func (o *order) owner() string { return o.Request + "/" + o.Resource }

// An answer is what it is told, as the answer to a call or by a callback.
type answer struct {
	ID         string            `json:"id,omitempty"` // of a callback
	State      string            `json:"state,omitempty"`
	Handle     string            `json:"handle,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	Secrets    map[string]secret `json:"secrets,omitempty"`
	Progress   string            `json:"progress,omitempty"`
	Error      string            `json:"error,omitempty"`
	Retryable  bool              `json:"retryable,omitempty"`

	status int
}

type secret struct {
	Value string `json:"value"`
}

// The goals of an order. Who just asks has none.
const (
	present = "present"
	absent  = "absent"
)

const mostOrder = 64 << 10

// order takes an order, and does what happens to it.
func (p *Provisioner) order(w http.ResponseWriter, r *http.Request) {
	var o order
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostOrder)).Decode(&o); err != nil || o.Key == "" {
		reply(w, answer{status: http.StatusBadRequest, Error: "it is no order with a key"})
		return
	}
	p.truth.count(func(c *Counts) { c.Calls++ })
	course := p.draw(o.owner(), o.Do)
	first := o.Attempt == 1 && (o.Do == "ensure" || o.Do == "release")
	if first && course.call == busy {
		p.truth.count(func(c *Counts) { c.Busy++ })
		w.Header().Set("Retry-After", "1")
		reply(w, answer{status: http.StatusServiceUnavailable, Error: "it is busy"})
		return
	}
	a, err := p.carryOut(&o, course)
	switch {
	case err != nil:
		reply(w, answer{status: http.StatusInternalServerError, Error: "its folder cannot be written"})
	case first && course.call == broken:
		p.truth.count(func(c *Counts) { c.Broken++ })
		reply(w, answer{status: http.StatusInternalServerError, Error: "something is broken"})
	case first && course.call == cut:
		p.truth.count(func(c *Counts) { c.Cut++ })
		panic(http.ErrAbortHandler) // breaks the connection
	default:
		reply(w, a)
	}
}

func reply(w http.ResponseWriter, a answer) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_ = json.NewEncoder(w).Encode(a) // whoever has gone asks again
}

// carryOut does what an order says, and returns what it is told. What is begun is called back about.
func (p *Provisioner) carryOut(o *order, c course) (a answer, err error) {
	var begun *Bucket
	err = p.truth.change(func(known *contents) bool {
		now := time.Now()
		b := known.Buckets[o.Key]
		switch {
		case o.Do == "ensure" && b == nil && o.Config.Size > MostSize:
			a = answer{status: http.StatusUnprocessableEntity, Error: fmt.Sprintf("a bucket of %d is too large; up to %d is right", o.Config.Size, MostSize)}
		case o.Do == "ensure" && b == nil:
			b = &Bucket{
				Key: o.Key, Owner: o.owner(), Name: "bucket-" + o.Key[:min(8, len(o.Key))], Size: o.Config.Size, Held: o.Config.Held,
				Access: rand.Text(), Ready: now.Add(c.takes),
			}
			known.Buckets[o.Key], begun = b, b
			a = b.tell(present, now)
		case o.Do == "release" && b == nil:
			known.Buckets[o.Key] = &Bucket{Key: o.Key, Owner: o.owner(), Gone: now}
			a = b.tell(absent, now)
			return true
		case o.Do == "release" && b.Gone.IsZero() && b.Held != "":
			a = answer{status: http.StatusLocked, Error: "it is held: " + b.Held}
		case o.Do == "release" && b.Gone.IsZero():
			b.Gone, begun = now.Add(c.takes), b
			a = b.tell(absent, now)
		case o.Do == "find":
			a = b.tell("", now)
		default:
			a = b.tell(o.Goal, now)
		}
		return begun != nil
	})
	if err == nil && begun != nil {
		p.callBack(o, c)
	}
	return a, err
}

// tell returns what somebody is told who wants the bucket to be there, or to be gone, or who just asks.
func (b *Bucket) tell(goal string, now time.Time) answer {
	switch s := b.stage(now); {
	case s == there && goal != absent:
		return answer{
			status: http.StatusOK, State: "done", Handle: b.Name,
			Attributes: map[string]string{"bucket": b.Name}, Secrets: map[string]secret{"access": {b.Access}},
		}
	case s == making && goal != absent:
		return answer{status: http.StatusAccepted, State: "in-progress", Handle: b.Name, Progress: "it is being made"}
	case s == there || s == making:
		return answer{status: http.StatusOK, State: "failed", Error: "nobody released it", Retryable: true}
	case s == going && goal != present:
		return answer{status: http.StatusAccepted, State: "in-progress", Handle: b.Name, Progress: "it is being emptied"}
	case goal == absent:
		return answer{status: http.StatusOK, State: "done"}
	case goal == present:
		return answer{status: http.StatusOK, State: "failed", Error: "it was released, and nothing comes again under its key"}
	default:
		return answer{status: http.StatusOK, State: "missing"}
	}
}
