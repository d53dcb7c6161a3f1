package awstest

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mostInFlight is how many messages of a queue may be in flight.
const mostInFlight = 120_000

type receiveIn struct {
	QueueURL                    string `json:"QueueUrl"`
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
	MessageAttributeNames       []string
	AttributeNames              []string
	MessageSystemAttributeNames []string
}

// A messageOut is a message as it is handed out.
type messageOut struct {
	MessageID         string `json:"MessageId"`
	ReceiptHandle     string
	Body              string
	MD5OfBody         string
	Attributes        map[string]string    `json:",omitempty"`
	MessageAttributes map[string]attribute `json:",omitempty"`
}

// within returns a parameter, if it is within its limits.
func within(name string, given *int, usual, least, most int) (int, *refusal) {
	if given == nil {
		return usual, nil
	}
	if *given < least || *given > most {
		return 0, invalid(fmt.Sprintf("Value %d for parameter %s is invalid. Reason: Must be between %d and %d.", *given, name, least, most))
	}
	return *given, nil
}

// receive hands out messages, and waits for some if there are none.
func (s *queues) receive(ctx context.Context, in receiveIn, twice bool) (any, *refusal) {
	var until time.Time
	for {
		out, changed, next, refused := s.look(&in, &until, twice)
		wait := min(time.Until(until), next)
		if refused != nil || len(out) > 0 || time.Until(until) <= 0 {
			return map[string]any{"Messages": out}, refused
		}
		timer := time.NewTimer(wait)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done(): // nobody would get the answer
			timer.Stop()
			return nil, nil
		}
		timer.Stop()
	}
}

// look hands out what there is. If that is nothing, it says what tells of something new, and after how long there can be something by itself.
func (s *queues) look(in *receiveIn, until *time.Time, twice bool) (out []messageOut, changed <-chan struct{}, next time.Duration, refused *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, refused := s.find(in.QueueURL)
	if refused != nil {
		return nil, nil, 0, refused
	}
	most, r1 := within("MaxNumberOfMessages", in.MaxNumberOfMessages, 1, 1, 10)
	hidden, r2 := within("VisibilityTimeout", in.VisibilityTimeout, q.number("VisibilityTimeout"), 0, 43200)
	wait, r3 := within("WaitTimeSeconds", in.WaitTimeSeconds, q.number("ReceiveMessageWaitTimeSeconds"), 0, 20)
	for _, r := range []*refusal{r1, r2, r3} {
		if r != nil {
			return nil, nil, 0, r
		}
	}
	now := time.Now()
	if until.IsZero() {
		*until = now.Add(time.Duration(wait) * time.Second)
	}
	if _, inFlight, _ := q.count(now); inFlight+most > s.cloud.o.InFlight {
		if wait == 0 {
			return nil, nil, 0, refuse("OverLimit", "Too many messages are in flight.")
		}
		return nil, q.changed, time.Second, nil
	}
	s.bury(q, now)
	next = time.Hour
	for _, m := range s.order(q) {
		switch {
		case m.visible.After(now):
			next = min(next, m.visible.Sub(now))
		case len(out) < most:
			out = append(out, m.handOut(q, in, now, time.Duration(hidden)*time.Second))
			if twice {
				m.visible = now
			}
		}
	}
	return out, q.changed, next, nil
}

// order returns the messages in the order in which they are looked at.
func (s *queues) order(q *queue) []*message {
	all := slices.Clone(q.messages)
	if s.cloud.o.Shuffled {
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
	return all
}

// bury moves what was handed out too often.
func (s *queues) bury(q *queue, now time.Time) {
	arn, most := q.redrive()
	dead := s.named[arn[strings.LastIndexByte(arn, ':')+1:]]
	if most == 0 || dead == nil {
		return
	}
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool {
		if m.visible.After(now) || m.receives < most {
			return false
		}
		m.source, m.handle = arnOf(q.name), ""
		dead.messages = append(dead.messages, m)
		dead.change()
		return true
	})
}

func (m *message) handOut(q *queue, in *receiveIn, now time.Time, hidden time.Duration) messageOut {
	m.receives++
	m.handed, m.visible = now, now.Add(hidden)
	if m.first.IsZero() {
		m.first = now
	}
	m.handle = base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s %s %d", q.name, m.id, m.receives))
	out := messageOut{
		MessageID: m.id, ReceiptHandle: m.handle, Body: m.body, MD5OfBody: md5Of(m.body),
		Attributes: map[string]string{}, MessageAttributes: map[string]attribute{},
	}
	system := map[string]string{
		"SenderId": account, "ApproximateReceiveCount": strconv.Itoa(m.receives), "SentTimestamp": strconv.FormatInt(m.sent.UnixMilli(), 10),
		"ApproximateFirstReceiveTimestamp": strconv.FormatInt(m.first.UnixMilli(), 10),
	}
	if m.source != "" {
		system["DeadLetterQueueSourceArn"] = m.source
	}
	wanted := slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)
	for name, value := range system {
		if slices.Contains(wanted, name) || slices.Contains(wanted, "All") {
			out.Attributes[name] = value
		}
	}
	for name, a := range m.attributes {
		if slices.Contains(in.MessageAttributeNames, name) || slices.Contains(in.MessageAttributeNames, "All") {
			out.MessageAttributes[name] = a
		}
	}
	return out
}

// count says how much is in a queue.
func (q *queue) count(now time.Time) (ready, inFlight, delayed int) {
	for _, m := range q.messages {
		switch {
		case !m.visible.After(now):
			ready++
		case m.receives > 0:
			inFlight++
		default:
			delayed++
		}
	}
	return ready, inFlight, delayed
}

// forget drops what is older than the queue keeps anything.
func (q *queue) forget(now time.Time) {
	kept := q.seconds("MessageRetentionPeriod")
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return now.Sub(m.sent) >= kept })
}
