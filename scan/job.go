package scan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/storage"
)

// Spec is what a job is to do.
type Spec struct {
	Target Target `json:"target"`
	// Categories are what to look for, 1 to 100, each once.
	Categories []Category `json:"categories"`
	// Permits are what it needs before it begins, all at once, at most 16; see [Pool].
	Permits []Permit `json:"permits,omitempty"`
	// Priority puts it before jobs of a higher number that wait for permits, from 0 to 9.
	Priority int `json:"priority,omitempty"`
	// Limits bound what a category takes, Clocks what the parts of the job do.
	Limits Limits `json:"limits,omitzero"`
	Clocks Clocks `json:"clocks,omitzero"`
	// Tries is how many further epochs there may be after an error of a class. From 0 to 100; without an entry 2 for [Trouble]
	// and 3 for [Lost]. There is never one for the others.
	Tries map[Class]int `json:"tries,omitempty"`
	// Owner is the record of the same store that is told with [Ended] when the job has ended; zero: nobody is.
	Owner storage.Key `json:"owner,omitzero"`
}

// A Job is what is known of a job: the data of its record, whose state is its [JobState]. Its categories are the elements of the record.
type Job struct {
	Spec

	// Epoch counts its dispatches, from 1. It travels with requests, progress and replies: what names another epoch is stale.
	Epoch int `json:"epoch,omitempty"`
	// Asked is the effect by which the agents are asked.
	Asked string `json:"asked,omitempty"`
	// Agent has begun on this epoch, as the last of these Agents, and at that time; empty: none has.
	Agent  string    `json:"agent,omitempty"`
	Agents []string  `json:"agents,omitempty"`
	Began  time.Time `json:"began,omitzero"`
	// Failures are how often it failed so far, by class, and Error what went wrong last.
	Failures map[Class]int `json:"failures,omitempty"`
	Error    string        `json:"error,omitempty"`
	Class    Class         `json:"class,omitempty"`
	// Reason is why it was called off, in the words of who did so.
	Reason string `json:"reason,omitempty"`
	// Heard counts what agents replied, by what became of it.
	Heard Heard `json:"heard,omitzero"`

	// Ticket is its place in the pool's line; Permitted says since when it has its permits, Kept until when it may keep them.
	Ticket    string    `json:"ticket,omitempty"`
	Permitted time.Time `json:"permitted,omitzero"`
	Kept      time.Time `json:"kept,omitzero"`
	// Mount is the request for what has to be attached, and Mounted how far that is; empty: there is none. Attached is what there is.
	Mount    string                        `json:"mount,omitempty"`
	Mounted  provisioning.Status           `json:"mounted,omitempty"`
	Attached map[string]provisioning.Known `json:"attached,omitempty"`
	// Releasing: it was asked to be released.
	Releasing bool `json:"releasing,omitempty"`
	// Known are results of earlier scans that may hold, if they were Looked for.
	Known  []Result `json:"known,omitempty"`
	Looked bool     `json:"looked,omitempty"`
	// Start is when an agent has to have begun, Next when another epoch begins, CleanBy when nothing may be left attached.
	Start   time.Time `json:"start,omitzero"`
	Next    time.Time `json:"next,omitzero"`
	CleanBy time.Time `json:"clean_by,omitzero"`
	// Ending is where it goes once nothing is attached any more; empty: it goes on.
	Ending JobState `json:"ending,omitempty"`
	// Adopt: it ends because its time is up; if all results come after all, it has them, where the manager adopts what is late.
	Adopt bool `json:"adopt,omitempty"`
	// Silent: the agent has said its last word on this epoch.
	Silent bool `json:"silent,omitempty"`
}

// CategoryProgress is the data of a category of a job.
type CategoryProgress struct {
	Config json.RawMessage `json:"config,omitempty"`
	// Epoch is the one that it was last begun in, Items and Bytes how far that is.
	Epoch int   `json:"epoch,omitempty"`
	Items int   `json:"items,omitempty"`
	Bytes int64 `json:"bytes,omitempty"`
	// Result is how it ended; nil: it has not.
	Result *Result `json:"result,omitempty"`
}

// Heard counts what agents said, by what became of it: each result, and each last word on an epoch. Of replies that no job could hear, it counts the replies.
// What is said in the very moment in which a job ends may not be counted.
type Heard struct {
	// Applied: it was not known. Duplicate: the same had been said, or another agent has said it. Stale: it names another epoch, or came when
	// the job had ended.
	Applied   int `json:"applied,omitempty"`
	Duplicate int `json:"duplicate,omitempty"`
	Stale     int `json:"stale,omitempty"`
	// Orphan: there is no such job. Poison: it could not be understood. No job knows of these; see [Manager.Pool].
	Orphan int `json:"orphan,omitempty"`
	Poison int `json:"poison,omitempty"`
}

func (h *Heard) add(o Heard) {
	h.Applied += o.Applied
	h.Duplicate += o.Duplicate
	h.Stale += o.Stale
	h.Orphan += o.Orphan
	h.Poison += o.Poison
}

// tries returns how many further epochs there may be after errors of the class.
func (s *Spec) tries(c Class) int {
	if n, ok := s.Tries[c]; ok {
		return n
	}
	return map[Class]int{Trouble: 2, Lost: 3}[c]
}

// slower returns a time as it is for the target.
func (s *Spec) slower(d time.Duration) time.Duration {
	if s.Target.Slower == 0 {
		return d
	}
	return time.Duration(float64(d) * s.Target.Slower)
}

// clocks returns the clocks of the job: defaults filled in, longer for a target that is slower.
func (s *Spec) clocks() Clocks {
	c := s.Clocks
	for _, one := range []struct {
		clock *time.Duration
		usual time.Duration
	}{
		{&c.Queue, 24 * time.Hour},
		{&c.Start, 15 * time.Minute},
		{&c.Progress, 5 * time.Minute},
		{&c.Total, 4 * time.Hour},
		{&c.Cleanup, 15 * time.Minute},
	} {
		if *one.clock == 0 {
			*one.clock = one.usual
		}
		*one.clock = min(s.slower(*one.clock), longest)
	}
	return c
}

// What bounds a spec.
const (
	maxCategories = 100
	maxPermits    = 16
	maxWeight     = 1_000_000_000
	maxPriority   = 9
	maxJobID      = 200 // tickets and keys of requests are made from it
	maxRef        = 16 << 10
	longest       = 30 * 24 * time.Hour
)

// check returns an error that says what is wrong with a spec.
func (s *Spec) check() error {
	t := &s.Target
	switch {
	case !isWord(t.ID, storage.MaxID):
		return fmt.Errorf("the target's id is %s; a text of 1 to %d bytes without control characters is right", quote(t.ID), storage.MaxID)
	case t.Slower != 0 && !(t.Slower >= 0.01 && t.Slower <= 1000): // also what is no number
		return fmt.Errorf("target %s is %v times slower; 0, or a number from 0.01 to 1000 is right", quote(t.ID), t.Slower)
	case len(t.Type) > storage.MaxName || len(t.Content) > storage.MaxID || !utf8.ValidString(t.Type+t.Content):
		return fmt.Errorf("the type or the content of target %s is no text, or too long; at most %d and %d bytes are right", quote(t.ID), storage.MaxName, storage.MaxID)
	case len(t.Ref) > maxRef || len(t.Ref) > 0 && !json.Valid(t.Ref):
		return fmt.Errorf("the ref of target %s has %d bytes, or is no JSON; at most %d are right", quote(t.ID), len(t.Ref), maxRef)
	case s.Owner != (storage.Key{}) && (!isWord(s.Owner.Kind, storage.MaxName) || !isWord(s.Owner.ID, storage.MaxID)):
		return fmt.Errorf("the owner is %q; the key of a record is right, or none", s.Owner)
	case len(s.Permits) > maxPermits:
		return fmt.Errorf("there are %d permits; at most %d are right", len(s.Permits), maxPermits)
	case s.Priority < 0 || s.Priority > maxPriority:
		return fmt.Errorf("the priority is %d; 0 to %d are right", s.Priority, maxPriority)
	}
	if err := checkCategories(s.Categories); err != nil {
		return err
	}
	for _, c := range s.Categories {
		if len(c.Config) > maxRef {
			return fmt.Errorf("the config of category %s has %d bytes; at most %d are right", quote(c.Name), len(c.Config), maxRef)
		}
	}
	for i, p := range s.Permits {
		switch {
		case !isWord(p.Key, storage.MaxName):
			return fmt.Errorf("the key of permit %d is %s; a text of 1 to %d bytes without control characters is right", i+1, quote(p.Key), storage.MaxName)
		case strings.HasPrefix(p.Key, fleetPermits):
			return fmt.Errorf("permit %s is a place of an agent, which the manager asks for itself", quote(p.Key))
		case p.Weight < 0 || p.Weight > maxWeight:
			return fmt.Errorf("permit %s weighs %d; a positive number of at most %d is right", quote(p.Key), p.Weight, maxWeight)
		case slices.ContainsFunc(s.Permits[:i], func(o Permit) bool { return o.Key == p.Key }):
			return fmt.Errorf("permit %s is asked for twice; once is right", quote(p.Key))
		}
	}
	for class, n := range s.Tries {
		if n < 0 || n > 100 || class != Trouble && class != Lost {
			return fmt.Errorf("there are to be %d tries after errors of class %s; 0 to 100 after %q or %q are right", n, quote(string(class)), Trouble, Lost)
		}
	}
	for name, d := range map[string]time.Duration{
		"queue": s.Clocks.Queue, "start": s.Clocks.Start, "progress": s.Clocks.Progress, "total": s.Clocks.Total, "cleanup": s.Clocks.Cleanup,
	} {
		if d < 0 || d > longest {
			return fmt.Errorf("the %s clock is %v; a time of up to %v is right", name, d, longest)
		}
	}
	return nil
}
