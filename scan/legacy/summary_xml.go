package legacy

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/reeve-go/reeve/internal/text"
)

// EncodeSummary returns the XML of a summary. [Pack] makes what is sent of it.
func EncodeSummary(s Summary) (string, error) {
	if err := s.check(); err != nil {
		return "", fmt.Errorf("legacy: summary: %w", err)
	}
	w := &writing{}
	if scanned := s.Scan; scanned != nil {
		w.open("summary", "taskid", s.TaskID)
		w.open("scanmetadata", "start_time", moment(scanned.Start), "end_time", moment(scanned.End), "status", scanned.Status,
			"status_code", strconv.Itoa(scanned.Code), "message", scanned.Message)
		for range scanned.Documents {
			w.empty("miq")
		}
		w.close("scanmetadata")
	} else {
		w.open("summary", "scan_time", stamp(s.Sync.At), "taskid", s.TaskID)
		w.open("syncmetadata")
		for _, d := range s.Sync.Documents {
			w.empty("vmmetadata", "original_filename", d.File, "items_total", strconv.Itoa(d.Total), "items_selected", strconv.Itoa(d.Selected))
		}
		w.close("syncmetadata")
	}
	w.close("summary")
	return w.String(), nil
}

// DecodeSummary returns the summary of its XML. Other elements are passed over.
func DecodeSummary(document string) (Summary, error) {
	m, err := readMarkup(document)
	var s Summary
	if err == nil {
		err = m.each(func(root *element) error {
			if root.name != "summary" || s != (Summary{}) {
				return fmt.Errorf("there is the element %s on top; one element \"summary\" is right", quote(root.name))
			}
			s.TaskID = root.attrs["taskid"]
			return m.each(func(e *element) error { return s.read(m, root, e) })
		})
	}
	if err == nil {
		err = s.check()
	}
	if err != nil {
		return Summary{}, fmt.Errorf("legacy: summary: %w", err)
	}
	return s, nil
}

// read reads an element of a summary.
func (s *Summary) read(m *markup, root, e *element) (err error) {
	if e.name != "scanmetadata" && e.name != "syncmetadata" {
		return m.skip()
	}
	if s.Scan != nil || s.Sync != nil {
		return errors.New("there are several of scanmetadata and syncmetadata; one of them is right")
	}
	if err := m.fill(e); err != nil {
		return err
	}
	a := attributes{of: e.attrs}
	if e.name == "scanmetadata" {
		s.Scan = &ScanSummary{
			Start: a.time("start_time"), End: a.time("end_time"), Status: text.Clip(e.attrs["status"], maxText),
			Code: a.number("status_code"), Message: text.Clip(e.attrs["message"], maxText), Documents: len(e.children),
		}
		return a.err
	}
	a.of = root.attrs
	s.Sync = &SyncSummary{At: a.time("scan_time")}
	for _, c := range e.children {
		a.of = c.attrs
		s.Sync.Documents = append(s.Sync.Documents, SyncDocument{c.attrs["original_filename"], a.number("items_total"), a.number("items_selected")})
	}
	return a.err
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func stamp(t time.Time) string { return t.UTC().Format(timeForm) }

// Attributes reads those of an element; the first thing that is wrong is kept in err.
type attributes struct {
	of  map[string]string
	err error
}

func (a *attributes) time(name string) time.Time {
	s := a.of[name]
	if s == "" {
		return time.Time{}
	}
	for _, form := range timeForms {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC()
		}
	}
	if a.err == nil {
		a.err = fmt.Errorf("%s: it is %s; a time like %q is right", name, quote(s), time.RFC3339)
	}
	return time.Time{}
}

func (a *attributes) number(name string) int {
	n, err := strconv.Atoi(a.of[name])
	if a.of[name] == "" {
		return 0
	}
	if (err != nil || n < 0) && a.err == nil {
		a.err = fmt.Errorf("%s: it is %s; a number, 0 or more, is right", name, quote(a.of[name]))
	}
	return n
}
