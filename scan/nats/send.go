package nats

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
)

// delayHeader says for how long a message is kept back from when the server had it.
const delayHeader = "Reeve-Delay"

// sendAtOnce is how many messages are under way to the server at a time.
const sendAtOnce = 256

// Send implements [scan.Queue]. Messages go out without waiting for one another, and it returns when the server has all of them.
func (q *Queue) Send(ctx context.Context, messages ...scan.Message) error {
	for i := range messages {
		if err := q.sendable(&messages[i]); err != nil {
			return q.failed(ctx, "send", err)
		}
	}
	if ctx.Err() != nil {
		return q.failed(ctx, "send", context.Cause(ctx))
	}
	for some := range slices.Chunk(messages, sendAtOnce) {
		if err := q.send(perRequest(ctx), some); err != nil {
			return q.failed(ctx, "send", err)
		}
	}
	return nil
}

func (q *Queue) sendable(m *scan.Message) error {
	switch most := q.maxBody(); {
	case m.Key == "" || len(m.Key) > maxKey:
		return fmt.Errorf("the key %.50q has %d bytes; 1 to %d are right", m.Key, len(m.Key), maxKey)
	case len(m.Body) > most:
		return fmt.Errorf("message %.100q: the body has %d bytes; this server takes at most %d (its max_payload, less %d)", m.Key, len(m.Body), most, beside)
	}
	return nil
}

// send sends messages without waiting for one another, and then those again, one by one, of which the server has not said that it has them.
func (q *Queue) send(ctx context.Context, messages []scan.Message) error {
	sent := make([]*natsio.Msg, len(messages))
	for i, m := range messages {
		sent[i] = natsio.NewMsg(q.todoSubject(tokenOf(m.Key)))
		if sent[i].Data = m.Body; m.Delay > 0 {
			sent[i].Header.Set(delayHeader, m.Delay.String())
		}
		sent[i].Header.Set(jetstream.ExpectedLastSubjSeqHeader, "0")
	}
	has := make([]bool, len(sent))
	if len(sent) > 1 {
		if err := q.ask(ctx, sent, has); err != nil {
			return err
		}
	}
	for i, msg := range sent {
		if has[i] {
			continue
		}
		if _, err := publish(ctx, q.js, msg); err != nil && !isConflict(err) { // else it is in the queue
			return fmt.Errorf("message %.100q: %w", messages[i].Key, err)
		}
	}
	return nil
}

// ask sends messages, and notes which of them the server says that it has. The library's own way keeps what is never answered for ever.
func (q *Queue) ask(ctx context.Context, messages []*natsio.Msg, has []bool) error {
	conn := q.js.Conn()
	inbox := conn.NewInbox()
	answers, err := conn.SubscribeSync(inbox + ".*")
	if err != nil {
		return err
	}
	defer answers.Unsubscribe() //nolint:errcheck // it fails only where there is nothing left to leave
	for i, msg := range messages {
		asking := *msg
		asking.Reply = inbox + "." + strconv.Itoa(i)
		if err := conn.PublishMsg(&asking); err != nil {
			return err
		}
	}
	for range messages {
		waiting, cancel := q.bounded(ctx)
		answer, err := answers.NextMsgWithContext(waiting)
		cancel()
		if errors.Is(err, natsio.ErrNoResponders) { // it says not for which
			continue
		} else if err != nil {
			return err
		}
		i, err := strconv.Atoi(strings.TrimPrefix(answer.Subject, inbox+"."))
		if err != nil || i < 0 || i >= len(has) {
			continue
		}
		var ack struct {
			jetstream.PubAck

			Error *jetstream.APIError `json:"error"`
		}
		err = json.Unmarshal(answer.Data, &ack)
		has[i] = err == nil && (ack.Error == nil && ack.Stream != "" || ack.Error != nil && isConflict(ack.Error))
	}
	return nil
}

// delayOf returns for how long a message is kept back in all.
func delayOf(header natsio.Header) time.Duration {
	delay, err := time.ParseDuration(header.Get(delayHeader))
	if err != nil {
		return 0
	}
	return delay
}

// tokenOf returns what stands for a key in a subject, where few characters are allowed.
func tokenOf(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

// keyOf returns the key that a token stands for. What no queue has sent is its own key.
func keyOf(token string) string {
	key, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return token
	}
	return string(key)
}
