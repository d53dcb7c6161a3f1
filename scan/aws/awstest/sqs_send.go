package awstest

import (
	"crypto/md5" //nolint:gosec // the protocol wants it
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// A message is in a queue, or was.
type message struct {
	id         string
	body       string
	attributes map[string]attribute
	sent       time.Time
	// visible is when it can be handed out, handed when it was last, first when it was first, and so often.
	visible, handed, first time.Time
	receives               int
	handle                 string
	source                 string // where it was handed out too often
}

type attribute struct {
	DataType    string
	StringValue string `json:",omitempty"`
	BinaryValue []byte `json:",omitempty"`
}

type sendIn struct {
	QueueURL          string `json:"QueueUrl"`
	ID                string `json:"Id"`
	MessageBody       string
	DelaySeconds      *int
	MessageAttributes map[string]attribute
}

func (in sendIn) id() string { return in.ID }

func (in sendIn) in(queueURL string) sendIn {
	in.QueueURL = queueURL
	return in
}

func (in sendIn) size() int {
	n := len(in.MessageBody)
	for name, a := range in.MessageAttributes {
		n += len(name) + len(a.DataType) + len(a.StringValue) + len(a.BinaryValue)
	}
	return n
}

func (s *queues) send(in sendIn) (any, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, refused := s.find(in.QueueURL)
	if refused == nil {
		refused = q.check(in)
	}
	if refused != nil {
		return nil, refused
	}
	delay := q.number("DelaySeconds")
	if in.DelaySeconds != nil {
		delay = *in.DelaySeconds
	}
	now := time.Now()
	m := &message{id: rand.Text(), body: in.MessageBody, attributes: in.MessageAttributes, sent: now, visible: now.Add(time.Duration(delay) * time.Second)}
	q.messages = append(q.messages, m)
	q.change()
	return map[string]string{"MessageId": m.id, "MD5OfMessageBody": md5Of(m.body)}, nil
}

func md5Of(body string) string {
	sum := md5.Sum([]byte(body)) //nolint:gosec // the protocol wants it
	return hex.EncodeToString(sum[:])
}

// mostSent is how many bytes the messages of a batch have together.
const mostSent = 1 << 20

func (s *queues) sendBatch(in batchIn[sendIn], fault Fault) (any, *refusal) {
	all := 0
	for _, e := range in.Entries {
		all += e.size()
	}
	if all > mostSent {
		return nil, refuse("BatchRequestTooLong", fmt.Sprintf("Batch requests cannot be longer than %d bytes. You have sent %d bytes.", mostSent, all))
	}
	return batch(in, fault, s.send)
}

// check refuses what no queue keeps.
func (q *queue) check(in sendIn) *refusal {
	switch {
	case in.MessageBody == "":
		return invalid("The request must contain the parameter MessageBody.")
	case in.size() > q.number("MaximumMessageSize"):
		return invalid(fmt.Sprintf("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", q.number("MaximumMessageSize")))
	case in.DelaySeconds != nil && (*in.DelaySeconds < 0 || *in.DelaySeconds > 900):
		return invalid(fmt.Sprintf("Value %d for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.", *in.DelaySeconds))
	case len(in.MessageAttributes) > 10:
		return invalid("Number of message attributes [" + fmt.Sprint(len(in.MessageAttributes)) + "] exceeds the allowed maximum [10].")
	case !isText(in.MessageBody):
		return refuse("InvalidMessageContents", "Invalid characters found.")
	}
	for name, a := range in.MessageAttributes {
		kind, _, _ := strings.Cut(a.DataType, ".")
		if name == "" || len(name) > 256 || !isName(strings.ReplaceAll(name, ".", "_"), 256) ||
			kind != "String" && kind != "Number" && kind != "Binary" || a.StringValue == "" && len(a.BinaryValue) == 0 || !isText(a.StringValue) {
			return invalid(fmt.Sprintf("The message attribute '%s' is not valid: its name, its type or its value is not.", name))
		}
	}
	return nil
}

// isText reports whether SQS takes a text. What is no UTF-8 has become U+FFFD on the way.
func isText(s string) bool {
	for _, r := range s {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return false
		}
	}
	return true
}
