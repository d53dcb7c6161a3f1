package scan

import (
	"context"
	"errors"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

type jobRecord = supervision.Record[Job, JobState]

// jobsAs returns jobs as they are, those that do not exist with version zero; unread says why one cannot be read, as one that a newer program has
// written: it keeps nobody from the others.
func (m *Manager) jobsAs(ctx context.Context, ids []string) (jobs []jobRecord, unread []error, err error) {
	unread = make([]error, len(ids))
	if jobs, err = m.Jobs.GetAll(ctx, ids); !errors.Is(err, supervision.ErrData) {
		return jobs, unread, err
	}
	jobs = make([]jobRecord, len(ids))
	for i, id := range ids {
		switch jobs[i], err = m.Jobs.Get(ctx, id); {
		case errors.Is(err, supervision.ErrData):
			unread[i] = err
		case err != nil && !errors.Is(err, storage.ErrNotFound):
			return nil, nil, err
		}
	}
	return jobs, unread, nil
}
