package legacy

import (
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// A Summary is what the original tells a job when an agent has scanned, and again when the results are in. It has one of both, and the job's guid.
type Summary struct {
	TaskID string
	Scan   *ScanSummary
	Sync   *SyncSummary
}

// A ScanSummary says how a scan went: its element is scanmetadata.
type ScanSummary struct {
	Start, End time.Time
	// Status is "OK" or "Error", Code one of the StatusCodes, and Message "OK" or the last error.
	Status  string
	Code    int
	Message string
	// Documents is how many categories there are documents of. The original does not say which.
	Documents int
}

// The codes of a scan's status.
const (
	// StatusOK: nothing went wrong.
	StatusOK = 0
	// StatusPartial: something went wrong after the first category, StatusNothing: there is nothing.
	StatusPartial = 8
	StatusNothing = 16
)

// A SyncSummary says what was stored: its element is syncmetadata.
type SyncSummary struct {
	At time.Time
	// Documents are those of the categories, as their vmmetadata elements describe them.
	Documents []SyncDocument
}

// A SyncDocument is what is known of the document of one category.
type SyncDocument struct {
	// File is its name in the folder of the original, such as accounts.
	File string
	// Total is how many items it has, and Selected how many of them were sent on.
	Total, Selected int
}

// SummaryOf returns the summaries of what a job found: how the scan went, and what there is. Unlike the original it says so when a category has failed.
func SummaryOf(r scan.Report) (scanned, synced Summary) {
	s := &ScanSummary{Start: r.At, End: r.At, Status: "OK", Message: "OK"}
	y := &SyncSummary{At: r.At}
	for i := range r.Results {
		one := &r.Results[i]
		if begin := one.At.Add(-one.Took); !one.At.IsZero() && begin.Before(s.Start) {
			s.Start = begin
		}
		if one.Outcome == scan.Failed || one.Outcome == scan.Skipped {
			s.Status, s.Code, s.Message = "Error", StatusPartial, one.Category+": "+one.Error
			continue
		}
		s.Documents++
		y.Documents = append(y.Documents, SyncDocument{one.Category, one.Items, one.Items})
	}
	switch {
	case len(r.Results) == 0:
		s.Status, s.Code, s.Message = "Error", StatusNothing, "the job ended before it was asked for anything"
	case s.Documents == 0:
		s.Code = StatusNothing
	}
	return Summary{TaskID: r.Job, Scan: s}, Summary{TaskID: r.Job, Sync: y}
}

func (s *Summary) check() error {
	switch {
	case (s.Scan == nil) == (s.Sync == nil):
		return errors.New("there is neither scanmetadata nor syncmetadata, or both; one of them is right")
	case s.Scan != nil && (s.Scan.Code < 0 || s.Scan.Documents < 0 || s.Scan.Documents > maxCategories):
		return fmt.Errorf("scanmetadata: its status_code is %d and it has %d documents; 0 or more, and at most %d are right", s.Scan.Code, s.Scan.Documents, maxCategories)
	case s.Sync != nil && len(s.Sync.Documents) > maxCategories:
		return fmt.Errorf("syncmetadata: there are %d documents; at most %d are right", len(s.Sync.Documents), maxCategories)
	}
	return checkID("taskid", s.TaskID, true)
}
