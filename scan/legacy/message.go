package legacy

import (
	"errors"
	"fmt"
	"strconv"
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
