package legacy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A RequestType is what an agent is asked to do.
type RequestType string

// What agents can be asked. All but Extract are for one agent, and are called control requests.
const (
	// Extract: look into a machine or an image.
	Extract RequestType = "extract"
	// Exit: end the program; the instance goes on, and starts the program again.
	Exit RequestType = "exit"
	// Reboot and Shutdown: stop the instance. In spite of its name neither starts it again.
	Reboot   RequestType = "reboot"
	Shutdown RequestType = "shutdown"
)

// Control reports whether a request of the type is for one agent and about no job.
func (t RequestType) Control() bool { return t == Exit || t == Reboot || t == Shutdown }

// A Request is what the request queue carries.
type Request struct {
	Type RequestType
	// EC2ID is the machine or image to look into, JobID comes back with the reply, Categories are what to look for: those of an [Extract].
	EC2ID      string
	JobID      string
	Categories []string
	// ExtractorID is the instance of the agent that a control request is for. OriginalID is the id of the message in which it was sent first, if agents that
	// it is not for have put it back.
	ExtractorID string
	OriginalID  string
}

// EncodeRequest returns the body of a request, as the original writes it.
func EncodeRequest(r Request) ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("legacy: request: %w", err)
	}
	d := newDocument()
	d.symbol("request_type", string(r.Type))
	if r.Type.Control() {
		d.text("extractor_id", r.ExtractorID)
		d.optional("original_req_id", r.OriginalID)
		return d.bytes(), nil
	}
	d.text("ec2_id", r.EC2ID)
	d.id("job_id", r.JobID)
	d.list("categories", r.Categories)
	d.line(":scan_data:")
	d.line("  ems:")
	d.line("    connect_to: ems")
	d.line("  vmScanProfiles: []")
	return d.bytes(), nil
}

// DecodeRequest returns the request of a body.
func DecodeRequest(body []byte) (Request, error) {
	var r Request
	f, err := readFields(body, maxMessage)
	if err == nil {
		r = Request{
			Type: RequestType(f.word("request_type")), EC2ID: f.text("ec2_id"), JobID: f.text("job_id"), Categories: f.list("categories"),
			ExtractorID: f.text("extractor_id"), OriginalID: f.text("original_req_id"),
		}
		err = f.err
	}
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return Request{}, fmt.Errorf("legacy: request: %w", err)
	}
	return r, nil
}

func (r *Request) check() error {
	switch {
	case r.Type.Control():
		return errors.Join(checkID("extractor_id", r.ExtractorID, true), checkID("original_req_id", r.OriginalID, false))
	case r.Type != Extract:
		return fmt.Errorf("request_type: it is %s; extract, exit, reboot or shutdown is right", quote(string(r.Type)))
	case len(r.Categories) == 0 || len(r.Categories) > maxCategories:
		return fmt.Errorf("categories: there are %d; 1 to %d are right", len(r.Categories), maxCategories)
	}
	for i, c := range r.Categories {
		if err := checkID("categories["+strconv.Itoa(i)+"]", c, true); err != nil {
			return err
		}
	}
	return errors.Join(checkID("ec2_id", r.EC2ID, true), checkID("job_id", r.JobID, true))
}

// A Reply is what the reply queue carries: word that an object is there, or that a control request was seen to.
type Reply struct {
	Type RequestType
	// JobID is that of the request. RequestID is the id that the queue gave to the request's message; the object is named after it.
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
		d.text("request_id", r.RequestID)
		return d.bytes(), nil
	}
	d.id("job_id", r.JobID)
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
		return errors.Join(checkID("extractor_id", r.ExtractorID, true), checkID("request_id", r.RequestID, true))
	case r.Type != Extract:
		return fmt.Errorf("reply_type: it is %s; extract, exit, reboot or shutdown is right", quote(string(r.Type)))
	}
	return errors.Join(checkID("job_id", r.JobID, true), checkID("request_id", r.RequestID, true))
}

// A ReplyObject is what an agent found: the object that its reply is about. A category that failed in the agent is not in it.
type ReplyObject struct {
	EC2ID       string
	JobID       string
	ExtractorID string
	// Categories are the documents, XML, by the names of the categories.
	Categories map[string]string
	// Start and End are by the agent's clock, in whole seconds.
	Start, End time.Time
	// Error is why there are no categories, if something went wrong before the first.
	Error string
}

// EncodeReplyObject returns the content of an object, as the original writes it if each text in it is one line.
func EncodeReplyObject(o ReplyObject) ([]byte, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("legacy: reply object: %w", err)
	}
	d := newDocument()
	d.symbol("reply_type", string(Extract))
	d.symbols("categories", o.Categories)
	d.text("ec2_id", o.EC2ID)
	d.id("job_id", o.JobID)
	d.text("extractor_id", o.ExtractorID)
	d.time("start_time", o.Start)
	d.time("end_time", o.End)
	d.optional("error", o.Error)
	return d.bytes(), nil
}

// DecodeReplyObject returns what is in an object. It does not look into the documents.
func DecodeReplyObject(content []byte) (ReplyObject, error) {
	var o ReplyObject
	f, err := readFields(content, MaxObject)
	if err == nil {
		if kind := f.word("reply_type"); kind != string(Extract) {
			f.fail(fmt.Errorf("reply_type: it is %s; extract is right", quote(kind)))
		}
		o = ReplyObject{
			Categories: f.texts("categories"), EC2ID: f.text("ec2_id"), JobID: f.text("job_id"), ExtractorID: f.text("extractor_id"),
			Start: f.time("start_time"), End: f.time("end_time"), Error: f.long("error"),
		}
		err = f.err
	}
	if err == nil {
		err = o.check()
	}
	if err != nil {
		return ReplyObject{}, fmt.Errorf("legacy: reply object: %w", err)
	}
	return o, nil
}

func (o *ReplyObject) check() error {
	if len(o.Categories) > maxCategories {
		return fmt.Errorf("categories: there are %d; at most %d are right", len(o.Categories), maxCategories)
	}
	for name, document := range o.Categories {
		switch {
		case len(document) > MaxDocument:
			return fmt.Errorf("categories.%s: it has %d bytes; at most %d are right", quote(name), len(document), MaxDocument)
		case !plainName(name):
			return fmt.Errorf("categories: one is called %s; letters, digits and _ are right", quote(name))
		}
	}
	return errors.Join(checkID("job_id", o.JobID, true), checkID("ec2_id", o.EC2ID, false), checkID("extractor_id", o.ExtractorID, false))
}

func plainName(s string) bool {
	return s != "" && len(s) <= maxID && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}
