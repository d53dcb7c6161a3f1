package provisioning

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	// maxEcho bounds what is shown of an answer that is an error.
	maxEcho = 200
	// maxRetryAfter bounds how long an answer can put off the next call.
	maxRetryAfter = 24 * time.Hour
)

// A response is what an external provisioner answered.
type response struct {
	code   int
	header http.Header
	body   []byte
	err    error // why the body is not whole; nil: it is
}

// said returns what it says of what was to be done.
func (a *response) said(do Action, g Goal) (said, error) {
	switch a.code {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent:
		return a.read(do == Find)
	case http.StatusNotFound, http.StatusGone:
		if do != Find && g == Absent {
			return said{}, a.gone()
		}
	}
	return said{}, a.failure()
}

// read returns what the body says. One that cannot be read says nothing, so that nobody knows what was
// done.
func (a *response) read(find bool) (said, error) {
	if a.err != nil {
		return said{}, a.err
	}
	var s said
	if a.code == http.StatusAccepted {
		s.Answer.State = InProgress
	}
	if !a.empty() {
		var wrong *wireError
		if s, wrong = readSaid(a.body, find); wrong != nil {
			return said{}, fmt.Errorf("its answer cannot be read: %w", wrong)
		}
		if a.code == http.StatusAccepted && (s.Err != nil || s.Answer.State != InProgress) {
			return said{}, fmt.Errorf("its answer is %s, and its body says another state than %q", a.status(), InProgress)
		}
	}
	if s.Err == nil && s.Answer.State == InProgress && s.Answer.Again == 0 {
		s.Answer.Again, _ = a.retryAfter()
	}
	return s, nil
}

// gone returns nil if a status says that there is nothing to release any more. A page says only that
// nobody serves the URL.
func (a *response) gone() error {
	if a.err == nil && (a.empty() || json.Valid(a.body)) {
		return nil
	}
	return fmt.Errorf("its answer is %s, and its body is no JSON; nobody seems to be there", a.status())
}

// failure returns an error that says what a status means for a call to ensure or to release.
func (a *response) failure() error {
	after, told := a.retryAfter()
	err := a.echo()
	switch a.code {
	case http.StatusConflict:
		return Conflict(err)
	case http.StatusTooEarly, http.StatusTooManyRequests:
		return Retry(after, err)
	case http.StatusServiceUnavailable:
		if told {
			return Retry(after, err)
		}
		return err // a proxy says so as well when a connection broke behind it
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return err
	}
	if a.code < http.StatusMultipleChoices {
		return err
	}
	return Fatal(err)
}

// echo returns an error that names the status, and what the body says about it.
func (a *response) echo() error {
	var body struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(a.body, &body) != nil || body.Error == "" {
		return errors.New("its answer is " + a.status())
	}
	return fmt.Errorf("its answer is %s: %s", a.status(), sentence(body.Error, maxEcho))
}

func (a *response) status() string {
	if text := http.StatusText(a.code); text != "" {
		return fmt.Sprintf("%d (%s)", a.code, text)
	}
	return strconv.Itoa(a.code)
}

func (a *response) empty() bool { return len(bytes.TrimSpace(a.body)) == 0 }

// retryAfter returns how long to wait, if it says so: in seconds, or as a time, which is compared with
// that of its own clock.
func (a *response) retryAfter() (after time.Duration, told bool) {
	text := a.header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second, true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	now, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(max(at.Sub(now), 0), maxRetryAfter), true
}
