package awstest

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"
)

type handleIn struct {
	QueueURL      string `json:"QueueUrl"`
	ID            string `json:"Id"`
	ReceiptHandle string
}

func (in handleIn) id() string { return in.ID }

func (in handleIn) in(queueURL string) handleIn {
	in.QueueURL = queueURL
	return in
}

type hideIn struct {
	QueueURL          string `json:"QueueUrl"`
	ID                string `json:"Id"`
	ReceiptHandle     string
	VisibilityTimeout *int
}

func (in hideIn) id() string { return in.ID }

func (in hideIn) in(queueURL string) hideIn {
	in.QueueURL = queueURL
	return in
}

// held returns the message that a handle is of, if it is there; current says whether the handle is the last one that was given for it.
func (q *queue) held(handle string) (i int, current bool, refused *refusal) {
	text, err := base64.StdEncoding.DecodeString(handle)
	parts := strings.Fields(string(text))
	if err != nil || len(parts) != 3 || parts[0] != q.name {
		return -1, false, refuse("ReceiptHandleIsInvalid", `The input receipt handle "`+handle+`" is not a valid receipt handle.`)
	}
	i = slices.IndexFunc(q.messages, func(m *message) bool { return m.id == parts[1] })
	return i, i >= 0 && q.messages[i].handle == handle, nil
}

// delete removes a message. With a handle that is not the last one it does nothing, and says so to nobody: that is how standard queues are.
func (s *queues) delete(in handleIn) (any, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, refused := s.find(in.QueueURL)
	if refused != nil {
		return nil, refused
	}
	i, current, refused := q.held(in.ReceiptHandle)
	if current {
		q.messages = slices.Delete(q.messages, i, i+1)
	}
	return nil, refused
}

func (s *queues) hide(in hideIn) (any, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, refused := s.find(in.QueueURL)
	if refused != nil {
		return nil, refused
	}
	if in.VisibilityTimeout == nil {
		return nil, refuse("MissingParameter", "The request must contain the parameter VisibilityTimeout.")
	}
	i, current, refused := q.held(in.ReceiptHandle)
	now, hidden := time.Now(), *in.VisibilityTimeout
	until := now.Add(time.Duration(hidden) * time.Second)
	switch {
	case refused != nil:
		return nil, refused
	case hidden < 0 || hidden > 43200:
		return nil, invalid("Value for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200.")
	case !current:
		return nil, invalid("Value " + in.ReceiptHandle + " for parameter ReceiptHandle is invalid." +
			" Reason: Message does not exist or is not available for visibility timeout change.")
	case !q.messages[i].visible.After(now):
		return nil, refuse("MessageNotInflight", "The message referred to isn't in flight.")
	case until.Sub(q.messages[i].handed) > 43200*time.Second:
		return nil, invalid("Value for parameter VisibilityTimeout is invalid." +
			" Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds].")
	}
	q.messages[i].visible = until
	q.change()
	return nil, nil
}
