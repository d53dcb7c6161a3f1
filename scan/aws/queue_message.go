package aws

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// What is said with a body, as attributes of the message.
const (
	keyAttribute      = "reeve.key"
	encodingAttribute = "reeve.encoding"
	reasonAttribute   = "reeve.reason"
	attemptsAttribute = "reeve.attempts"
	atAttribute       = "reeve.at"
)

// How a body is in a message. As it is, if nothing is said.
const (
	inBase64 = "base64"
	// inBodies: the message has a claim on it.
	inBodies = "bodies"
)

// maxKey is how many bytes a key has at most.
const maxKey = 1 << 10

// A parcel is a message as SQS has it.
type parcel struct {
	key, body, encoding string
}

// checkKey refuses what cannot be the value of an attribute.
func checkKey(key string) error {
	if key == "" || len(key) > maxKey || !isText(key) {
		return fmt.Errorf("the key has %d bytes; 1 to %d of UTF-8, without control characters, are right", len(key), maxKey)
	}
	return nil
}

// pack writes a body as SQS takes it: as it is if that is text, so that people can read it.
func pack(key string, body []byte) parcel {
	if text := string(body); text != "" && isText(text) {
		return parcel{key: key, body: text}
	}
	text := base64.StdEncoding.EncodeToString(body)
	if text == "" {
		text = "=" // a body has at least one character
	}
	return parcel{key, text, inBase64}
}

// unpack reads what pack has written.
func (p *parcel) unpack() ([]byte, error) {
	switch p.encoding {
	case "":
		return []byte(p.body), nil
	case inBase64:
		body, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(p.body, "="))
		if err != nil {
			return nil, fmt.Errorf("%w: its body is said to be base64, and is not: %w", errUnreadable, err)
		}
		return body, nil
	}
	return nil, fmt.Errorf("%w: its body is encoded as %.40q, which is not known", errUnreadable, p.encoding)
}

// isText reports whether SQS takes a text as it is.
func isText(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return false
		}
	}
	return true
}

// parcelOf reads a message. One that another program sent, without attributes, has the id that SQS gave it as its key.
func parcelOf(m *types.Message) parcel {
	p := parcel{key: textOf(m, keyAttribute), body: sdk.ToString(m.Body), encoding: textOf(m, encodingAttribute)}
	if p.key == "" {
		p.key = sdk.ToString(m.MessageId)
	}
	return p
}

func textOf(m *types.Message, attribute string) string {
	return sdk.ToString(m.MessageAttributes[attribute].StringValue)
}

// attributes returns what is said with the body.
func (p *parcel) attributes() map[string]types.MessageAttributeValue {
	out := map[string]types.MessageAttributeValue{keyAttribute: value(p.key)}
	if p.encoding != "" {
		out[encodingAttribute] = value(p.encoding)
	}
	return out
}

func value(text string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: sdk.String("String"), StringValue: &text}
}

// sizeOf returns how many bytes SQS counts of a message.
func sizeOf(e *types.SendMessageBatchRequestEntry) int {
	n := len(*e.MessageBody)
	for name, a := range e.MessageAttributes {
		n += len(name) + len(*a.DataType) + len(*a.StringValue)
	}
	return n
}
