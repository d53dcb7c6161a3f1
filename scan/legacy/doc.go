// Package legacy drives existing agents: those of SmartState, the scanning of ManageIQ, which look into machines in Amazon's cloud, and know nothing of
// epochs, leases and progress. It has their messages, and a [Bridge] between them and a [scan.Manager]. The original is what asks these agents there.
//
// # Messages
//
// A [Request] is put into a queue as YAML, written by Ruby. Keys are symbols; what reads them here takes strings as well, in any order, and passes
// over what it does not know:
//
//	---
//	:request_type: :extract
//	:ec2_id: i-0abc
//	:job_id: 42
//	:categories:
//	- accounts
//	:scan_data:
//	  ems:
//	    connect_to: ems
//	  vmScanProfiles: []
//
// The agent deletes it, looks, and puts a [ReplyObject] into a bucket, under [ResultPrefix] and the id that the queue gave to the request's message.
// What it found is an XML document for each category; one that failed is left out:
//
//	---
//	:reply_type: :extract
//	:categories:
//	  :accounts: "<miq><accounts/></miq>"
//	:ec2_id: i-0abc
//	:job_id: 42
//	:extractor_id: i-0agent
//	:start_time: 1970-01-01 00:00:00 UTC
//	:end_time: 1970-01-01 00:01:00 UTC
//
// Then it says so in another queue, in a [Reply]:
//
//	---
//	:job_id: 42
//	:request_id: 8f1c-sqs-message-id
//	:reply_type: :extract
//
// Many agents leave the job out here, as the object names it. Meanwhile an agent puts an object under [HeartbeatPrefix] every two minutes, whatever
// becomes of its work. A [Summary] is what the original makes of it all, as XML that is compressed and written in base64: see [Pack].
//
// Nothing of that is trusted. Sizes are checked before anything is read, aliases, anchors and tags of YAML are refused, and so are declarations,
// entities and deep nesting in XML; an error names the field, and says what is wrong and what would be right. Any number of goroutines may call the
// functions.
//
// # Facts
//
// [Items] makes of a document the facts that the scanners of package inspect tell, as far as the agents know them, so that results can be compared
// and stored alike; [Document] is the way back. What the agents do not tell is empty: a user's shell and own group, whether a unit is enabled, the
// architecture of a package of dpkg.
//
// # The bridge
//
// A [Bridge] gives a manager two queues. What it sends into one, agents find in theirs; what agents reply comes out of the other, when what they
// found is in the blobs:
//
//	bridge, err := legacy.NewBridge(legacy.Place{Requests: …, Replies: …, Objects: …, Blobs: blobs}, nil)
//	manager, err := scan.NewManager(store, bridge.Requests(), bridge.Replies(), blobs, nil)
//	err = manager.Supervise(supervisor)
//	bridge.Supervise(supervisor, store, manager)
//
// Agents get the job's id and epoch as the id of the job, and give it back. So the epoch decides about their replies as it does about all others,
// late and double ones too. A result is in the blobs before its reply is handed out, the reply's message is removed when the job has it, and the
// object only then: a program that dies in between loses nothing. A reply that nobody can understand is buried, one whose result cannot be read or
// stored now comes again, and neither stops another. A duplicate that names no job, and whose object is gone, is dropped. Objects that nobody took
// are deleted when they are 15 days old.
//
// A category that the agent has left out has failed, and is asked for again; one with an empty document is empty.
//
// Agents report no progress, and cannot be told anything. As long as the heartbeat of any of them is fresh ([Options.Fresh], by the bucket's clock
// and the program's), jobs whose requests are not in the queue any more count as going on, for at most [Options.Patience]; after that, or when no
// agent is there, the job's own progress clock runs, which has to be longer than half a minute, and at its end the job has another epoch. Of a job
// that is canceled what the agent finds is dropped. How many requests wait in the queue has to be known for that: it should be a [scan.Gauge]. Agents
// work on one request at a time, so the jobs should need a permit each of as many as there are agents.
package legacy
