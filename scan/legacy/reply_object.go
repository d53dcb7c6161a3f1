package legacy

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

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
			return fmt.Errorf("categories[%s]: it has %d bytes; at most %d are right", quote(name), len(document), MaxDocument)
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
