package scan

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// What bounds a request and a reply, beside [MaxBody].
const (
	maxKnown    = 1000
	maxProblems = 1000
)

// check returns an error that says what is wrong with a request.
func (r *Request) check() error {
	if err := checkAttempt(r.Job, r.Epoch); err != nil {
		return err
	}
	if err := r.Target.check(); err != nil {
		return fmt.Errorf("target.%w", err)
	}
	if err := checkCategories(r.Categories); err != nil {
		return fmt.Errorf("categories: %w", err)
	}
	for n := range r.Known {
		if err := r.Known[n].check(); err != nil {
			return fmt.Errorf("known[%d].%w", n, err)
		}
	}
	return checkTime("progress", r.Progress)
}

func (t *Target) check() error {
	if !isWord(t.ID, storage.MaxID) {
		return notWord("id", t.ID, storage.MaxID)
	}
	if !(t.Slower >= 0 && t.Slower <= 1000) { // a NaN is neither
		return fmt.Errorf("slower: it is %v; a number from 0 to 1000 is right", t.Slower)
	}
	return nil
}

func checkCategories(all []Category) error {
	if len(all) == 0 || len(all) > maxCategories {
		return fmt.Errorf("there are %d categories; 1 to %d are right", len(all), maxCategories)
	}
	for n, c := range all {
		switch {
		case !isWord(c.Name, storage.MaxName):
			return fmt.Errorf("the name of category %d is %s; a text of 1 to %d bytes without control characters is right", n+1, quote(c.Name), storage.MaxName)
		case slices.ContainsFunc(all[:n], func(o Category) bool { return o.Name == c.Name }):
			return fmt.Errorf("category %s is asked for twice; once is right", quote(c.Name))
		case len(c.Config) > 0 && !json.Valid(c.Config):
			return fmt.Errorf("the config of category %s is no JSON", quote(c.Name))
		}
	}
	return nil
}

// check returns an error that says what is wrong with a reply.
func (r *Reply) check() error {
	if err := checkAttempt(r.Job, r.Epoch); err != nil {
		return err
	}
	switch {
	case !isWord(r.Agent, storage.MaxName):
		return notWord("agent", r.Agent, storage.MaxName)
	case r.Seq < 1:
		return fmt.Errorf("seq: it is %d; 1 or more is right", r.Seq)
	case len(r.Results) > maxCategories:
		return fmt.Errorf("results: there are %d; at most %d are right", len(r.Results), maxCategories)
	case len(r.Results) == 0 && !r.Last:
		return errors.New("results: there are none; a reply that is not the last needs one")
	case (r.Error == "") != (r.Class == ""):
		return fmt.Errorf("error: it is %s and the class %q; both or none are right", quote(r.Error), r.Class)
	case r.Error != "" && !r.Last:
		return errors.New("last: it is false beside an error; true is right")
	case r.Error == "" && r.RetryAfter != 0:
		return fmt.Errorf("retry_after: it is %v without an error; 0 is right", r.RetryAfter)
	}
	for n := range r.Results {
		one := &r.Results[n]
		if err := one.check(); err != nil {
			return fmt.Errorf("results[%d].%w", n, err)
		}
		if slices.ContainsFunc(r.Results[:n], func(o Result) bool { return o.Category == one.Category }) {
			return fmt.Errorf("results[%d]: category %s is there twice; once is right", n, quote(one.Category))
		}
	}
	if err := checkClass(r.Class); err != nil {
		return err
	}
	return checkTime("retry_after", r.RetryAfter)
}

var (
	allClasses  = []Class{Trouble, Fatal, Lost, Canceled, Overdue}
	allOutcomes = []Outcome{OK, Empty, Partial, Failed, Skipped}
)

// check returns an error that says what is wrong with a result.
func (r *Result) check() error {
	switch {
	case !isWord(r.Category, storage.MaxName):
		return notWord("category", r.Category, storage.MaxName)
	case !slices.Contains(allOutcomes, r.Outcome):
		return fmt.Errorf("outcome: it is %s; one of %q is right", quote(string(r.Outcome)), allOutcomes)
	case r.Scanner != "" && !isWord(r.Scanner, storage.MaxName):
		return notWord("scanner", r.Scanner, storage.MaxName)
	case r.Version != "" && !isWord(r.Version, storage.MaxName):
		return notWord("version", r.Version, storage.MaxName)
	case r.Items < 0 || r.Bytes < 0 || r.Bytes > mostBytes || int64(r.Items) > r.Bytes/int64(leastLine) || r.Items == 0 && r.Bytes > 0:
		return fmt.Errorf("items: there cannot be %d with %d bytes; each has at least %d, and all have at most %d", r.Items, r.Bytes, leastLine, mostBytes)
	case (r.Items == 0) != (r.Blob == ""):
		return fmt.Errorf("blob: it is %s with %d items; a digest where there are items and nothing else is right", quote(string(r.Blob)), r.Items)
	case len(r.Problems) > maxProblems || r.Met < len(r.Problems):
		return fmt.Errorf("met: it is %d with %d problems listed; as many or more are right, and at most %d listed", r.Met, len(r.Problems), maxProblems)
	case r.Outcome.hasItems() != (r.Error == ""):
		return fmt.Errorf("error: it is %s, and the outcome %q; a reason for %q and %q and nothing else is right", quote(r.Error), r.Outcome, Failed, Skipped)
	}
	for _, err := range []error{r.checkDigests(), r.checkOutcome(), checkClass(r.Class), checkTime("took", r.Took)} {
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *Result) checkDigests() error {
	if r.Outcome.hasItems() != (r.Digest != "") {
		return fmt.Errorf("digest: it is %s, and the outcome %q; one with %q, %q and %q and nothing else is right", quote(string(r.Digest)), r.Outcome, OK, Empty, Partial)
	}
	if r.Address != "" && r.Outcome != OK && r.Outcome != Empty {
		return fmt.Errorf("address: it is %s, and the outcome %q; only what is complete has one", quote(string(r.Address)), r.Outcome)
	}
	for _, d := range []struct {
		field string
		is    Digest
	}{{"address", r.Address}, {"digest", r.Digest}, {"blob", r.Blob}} {
		if d.is == "" {
			continue
		}
		if err := d.is.Check(); err != nil {
			return fmt.Errorf("%s: %w", d.field, err)
		}
	}
	return nil
}

func (r *Result) checkOutcome() error {
	switch {
	case r.Outcome == OK && (r.Items == 0 || r.Met > 0):
		return fmt.Errorf("outcome: it is %q with %d items and %d problems; that needs items and no problem", r.Outcome, r.Items, r.Met)
	case r.Outcome == Empty && (r.Items > 0 || r.Met > 0):
		return fmt.Errorf("outcome: it is %q with %d items and %d problems; that needs none of both", r.Outcome, r.Items, r.Met)
	case r.Outcome == Partial && r.Met == 0:
		return fmt.Errorf("outcome: it is %q without a problem; that needs one", r.Outcome)
	case r.Class != "" && r.Outcome != Failed:
		return fmt.Errorf("class: it is %s, and the outcome %q; only one that is %q has a class", quote(string(r.Class)), r.Outcome, Failed)
	case !r.Outcome.hasItems() && r.Items > 0:
		return fmt.Errorf("outcome: it is %q with %d items; that has none", r.Outcome, r.Items)
	}
	return nil
}

func checkClass(c Class) error {
	if c != "" && !slices.Contains(allClasses, c) {
		return fmt.Errorf("class: it is %s; one of %q is right", quote(string(c)), allClasses)
	}
	return nil
}

func checkAttempt(job string, epoch int) error {
	if !isWord(job, storage.MaxID) {
		return notWord("job", job, storage.MaxID)
	}
	if epoch < 1 {
		return fmt.Errorf("epoch: it is %d; 1 or more is right", epoch)
	}
	return nil
}

func notWord(field, s string, most int) error {
	return fmt.Errorf("%s: it is %s; a text of 1 to %d bytes without control characters is right", field, quote(s), most)
}

func checkTime(field string, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("%s: it is %v; 0 or more is right", field, d)
	}
	return nil
}
