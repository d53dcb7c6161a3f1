package legacy_test

import (
	"context"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/legacy"
	"github.com/reeve-go/reeve/scan/scantest"
	"github.com/reeve-go/reeve/storage/memory"
)

// A request, as agents find it in their queue.
func ExampleEncodeRequest() {
	body, err := legacy.EncodeRequest(legacy.Request{Type: legacy.Extract, EC2ID: "i-0abc", JobID: "job-1/1", Categories: []string{"accounts", "software"}})
	fmt.Printf("%s%v", body, err)
	// Output:
	// ---
	// :request_type: :extract
	// :ec2_id: i-0abc
	// :job_id: job-1/1
	// :categories:
	// - accounts
	// - software
	// :scan_data:
	//   ems:
	//     connect_to: ems
	//   vmScanProfiles: []
	// <nil>
}

// What an agent found, as facts.
func ExampleItems() {
	document := "<miq><accounts><users><user name='root' userid='0' homedir='/root'/></users></accounts></miq>"
	err := legacy.Items("accounts", document, func(key string, value any) error {
		_, err := fmt.Printf("%s %+v\n", key, value)
		return err
	}, func(_ string, err error) { fmt.Println(err) })
	fmt.Println(err)
	// Output:
	// user/root {Name:root UID:0 GID:0 Group: Groups:[] Comment: Home:/root Shell: Password:unknown Changed: Expires: MustChange:false}
	// <nil>
}

// What a manager asks for reaches agents in their words, and what they reply comes back in the manager's.
func ExampleBridge() {
	ctx := context.Background()
	store, blobs, objects := memory.New(nil), &scantest.MemoryBlobs{}, &bucket{objects: map[string]string{}, at: map[string]time.Time{}}
	requests, _ := scan.NewStoreQueue(store, "smartstate_extract_request", nil) // its errors are about names and options
	replies, _ := scan.NewStoreQueue(store, "smartstate_extract_reply", nil)
	bridge, err := legacy.NewBridge(legacy.Place{Requests: requests, Replies: replies, Objects: objects, Blobs: blobs}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	// A manager does this:
	asked, _ := scan.EncodeRequest(scan.Request{Job: "job", Epoch: 2, Target: scan.Target{ID: "i-0abc"}, Categories: []scan.Category{{Name: "accounts"}}})
	fmt.Println(bridge.Requests().Send(ctx, scan.Message{Key: "job/2", Body: asked}))

	// An agent does this:
	got, _ := requests.Receive(ctx, 1, 30*time.Second)
	request, err := legacy.DecodeRequest(got[0].Message().Body)
	fmt.Println(request.JobID, request.Categories, err)
	found, _ := legacy.EncodeReplyObject(legacy.ReplyObject{JobID: request.JobID, Categories: map[string]string{"accounts": "<miq><accounts/></miq>"}})
	objects.put(legacy.ResultPrefix+"8f1c", string(found))
	reply, _ := legacy.EncodeReply(legacy.Reply{Type: legacy.Extract, JobID: request.JobID, RequestID: "8f1c"})
	_ = replies.Send(ctx, scan.Message{Key: "8f1c", Body: reply})

	// And this is the manager again:
	got, err = bridge.Replies().Receive(ctx, 1, time.Minute)
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := scan.DecodeReply(got[0].Message().Body)
	fmt.Println(answer.Job, answer.Epoch, answer.Results[0].Category, answer.Results[0].Outcome, err)
	// Output:
	// <nil>
	// job/2 [accounts] <nil>
	// job 2 accounts empty <nil>
}

// What the original is told of a job's end.
func ExampleSummaryOf() {
	scanned, synced := legacy.SummaryOf(scan.Report{Job: "job-1", Results: []scan.Result{
		{Category: "accounts", Outcome: scan.OK, Items: 3}, {Category: "software", Outcome: scan.Failed, Error: "the agent left it out"},
	}})
	fmt.Println(scanned.Scan.Status, scanned.Scan.Code, scanned.Scan.Message)
	fmt.Println(synced.Sync.Documents)
	// Output:
	// Error 8 software: the agent left it out
	// [{accounts 3 3}]
}
