// Package existing is an agent as it is in use with the original: it knows nothing of Reeve, but a bucket, two queues, and messages in YAML. What it
// looks into is a small machine of its own.
package existing

import (
	"context"
	"embed"
	"io/fs"
	"strings"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
	"github.com/reeve-go/reeve/scan/legacy"
)

//go:embed machine
var machine embed.FS

// An Agent takes requests, looks, puts what it found into the bucket, and replies.
type Agent struct {
	ID                string
	Requests, Replies scan.Queue
	Bucket            *Bucket
	// Folder is where it keeps what it works with.
	Folder string
	// Wire is told what goes over the wire.
	Wire func(what string, text []byte)
}

// Run works until ctx ends, and shows now and then that it is there.
func (a *Agent) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		a.Bucket.Put(legacy.HeartbeatPrefix+a.ID, "--- "+time.Now().UTC().Format(time.DateTime+" Z")+"\n")
		got, err := a.Requests.Receive(ctx, 1, time.Minute)
		for _, d := range got {
			err = a.extract(ctx, d)
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// extract sees to one request. It deletes it before it begins: when it dies meanwhile nobody else will have it.
func (a *Agent) extract(ctx context.Context, d scan.Delivery) error {
	a.Wire("the request, in the queue of requests", d.Message().Body)
	request, err := legacy.DecodeRequest(d.Message().Body)
	if err != nil {
		return err
	}
	if err := d.Ack(ctx); err != nil {
		return err
	}
	found := legacy.ReplyObject{EC2ID: request.EC2ID, JobID: request.JobID, ExtractorID: a.ID, Start: time.Now()}
	if found.Categories, err = a.look(ctx, request.Categories); err != nil {
		return err
	}
	found.End = time.Now()
	object, err := legacy.EncodeReplyObject(found)
	if err != nil {
		return err
	}
	id := strings.ReplaceAll(d.Message().Key, "/", "-") // SQS would have given it one of its own
	a.Wire("what it found, in the bucket as "+legacy.ResultPrefix+id, object)
	a.Bucket.Put(legacy.ResultPrefix+id, string(object))
	reply, err := legacy.EncodeReply(legacy.Reply{Type: legacy.Extract, JobID: request.JobID, RequestID: id})
	if err != nil {
		return err
	}
	a.Wire("its reply, in the queue of replies", reply)
	return a.Replies.Send(ctx, scan.Message{Key: id, Body: reply})
}

// look returns a document of each category that it knows. One that it does not know it leaves out.
func (a *Agent) look(ctx context.Context, categories []string) (map[string]string, error) {
	root, err := fs.Sub(machine, "machine")
	if err != nil {
		return nil, err
	}
	blobs, err := scan.NewDirBlobs(a.Folder, nil)
	if err != nil {
		return nil, err
	}
	inspector, err := scan.NewInspector(blobs, inspect.All(), nil)
	if err != nil {
		return nil, err
	}
	var wanted []scan.Category
	for _, name := range categories {
		wanted = append(wanted, scan.Category{Name: name})
	}
	results, err := inspector.Inspect(ctx, root, scan.Inspection{Target: "machine", Categories: wanted})
	if err != nil {
		return nil, err
	}
	documents := map[string]string{}
	for _, r := range results {
		if r.Outcome == scan.Failed || r.Outcome == scan.Skipped {
			continue
		}
		if documents[r.Category], err = legacy.Document(r.Category, scan.Items(ctx, blobs, r)); err != nil {
			return nil, err
		}
	}
	return documents, nil
}
