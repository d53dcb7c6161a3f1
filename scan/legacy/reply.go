package legacy

import (
	"errors"
	"fmt"
)

// A Reply is what the reply queue carries: word that an object is there, or that a control request was seen to.
type Reply struct {
	Type RequestType
	// JobID is that of the request; many agents leave it to the object to say so. RequestID is the id that the queue gave to the request's message: the
	// object is named after it. A reply to a control request has one only if the request was put back before.
	JobID     string
	RequestID string
	// ExtractorID is the agent; only replies to control requests name it.
	ExtractorID string
}

// EncodeReply returns the body of a reply, as the original writes it.
func EncodeReply(r Reply) ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("legacy: reply: %w", err)
	}
	d := newDocument()
	if r.Type.Control() {
		d.symbol("reply_type", string(r.Type))
		d.text("extractor_id", r.ExtractorID)
		d.nullable("request_id", r.RequestID)
		return d.bytes(), nil
	}
	if r.JobID != "" {
		d.id("job_id", r.JobID)
	}
	d.text("request_id", r.RequestID)
	d.symbol("reply_type", string(r.Type))
	return d.bytes(), nil
}

// DecodeReply returns the reply of a body.
func DecodeReply(body []byte) (Reply, error) {
	var r Reply
	f, err := readFields(body, maxMessage)
	if err == nil {
		r = Reply{
			Type: RequestType(f.word("reply_type")), JobID: f.text("job_id"), RequestID: f.text("request_id"), ExtractorID: f.text("extractor_id"),
		}
		err = f.err
	}
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return Reply{}, fmt.Errorf("legacy: reply: %w", err)
	}
	return r, nil
}

func (r *Reply) check() error {
	switch {
	case r.Type.Control():
		return errors.Join(checkID("extractor_id", r.ExtractorID, true), checkID("request_id", r.RequestID, false))
	case r.Type != Extract:
		return fmt.Errorf("reply_type: it is %s; extract, exit, reboot or shutdown is right", quote(string(r.Type)))
	}
	return errors.Join(checkID("job_id", r.JobID, false), checkID("request_id", r.RequestID, true))
}
