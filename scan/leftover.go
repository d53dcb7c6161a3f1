package scan

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A listWithdrawer is a queue in which requests that are left over can be found, and taken back.
type listWithdrawer interface {
	Lister
	Withdrawer
}

const (
	// leftEvery is how often requests are looked for that are left over, leftPage how many are looked at at once.
	leftEvery = time.Minute
	leftPage  = 100
)

// withdrawLeft takes requests back that wait in their queue although nobody waits for them, now and then: that of an agent that died when it had sent its last
// reply, for one. Jobs that end need do nothing about that, since hardly ever one leaves anything behind.
func (m *Manager) withdrawLeft(ctx context.Context, queue listWithdrawer) error {
	every := time.NewTicker(leftEvery)
	defer every.Stop()
	for {
		select {
		case <-every.C:
		case <-ctx.Done():
			return nil
		}
		if err := m.withdrawAllLeft(ctx, queue); err != nil && ctx.Err() == nil {
			return fmt.Errorf("scan: requests that are left over: %w", err)
		}
	}
}

func (m *Manager) withdrawAllLeft(ctx context.Context, queue listWithdrawer) error {
	var page []asked
	for key, err := range queue.Waiting(ctx) {
		if err != nil {
			return err
		}
		if a, ok := askedBy(key); ok {
			page = append(page, a)
		}
		if len(page) == leftPage {
			if err := m.withdrawUnwanted(ctx, queue, page); err != nil {
				return err
			}
			page = page[:0]
		}
	}
	return m.withdrawUnwanted(ctx, queue, page)
}

// withdrawUnwanted takes those requests back of which an agent would be told to drop them. What no job of this manager asked for is left alone.
func (m *Manager) withdrawUnwanted(ctx context.Context, queue Withdrawer, page []asked) error {
	ids := make([]string, len(page))
	for i := range page {
		ids[i] = page[i].job
	}
	jobs, _, err := m.jobsAs(ctx, ids)
	if err != nil {
		return err
	}
	var keys []string
	for i, a := range page {
		j := &jobs[i]
		if j.Version > 0 && directive(&Progress{Job: a.job, Epoch: a.epoch, Seq: 1}, j.State, &j.Data).Do == Drop {
			keys = append(keys, requestKey(a.job, a.epoch))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return queue.Withdraw(ctx, keys...)
}

// asked is what the key of a request says.
type asked struct {
	job   string
	epoch int
}

// askedBy reads the key of a request. It is false for what cannot be one.
func askedBy(key string) (asked, bool) {
	i := strings.LastIndexByte(key, '/')
	if i < 0 {
		return asked{}, false
	}
	epoch, err := strconv.Atoi(key[i+1:])
	return asked{key[:i], epoch}, err == nil && epoch > 0 && isWord(key[:i], maxJobID)
}
