// Package provisioning keeps requests for resources that somebody else makes: buckets, machines, accounts, mounts. It sees to it that
// they are made, and that not one of them is forgotten, whatever fails in between.
//
// A request is a record of package supervision that owns its resources. What it is about is its [Goal]: that they are present, or that they
// are absent. Who makes and releases resources of a type is a [Provisioner] of the host's; it answers that it is done, that somebody works on it, or
// with an error that says whether another call can help:
//
//	type Buckets struct{ … }
//
//	func (b *Buckets) Ensure(ctx context.Context, c provisioning.Call) (provisioning.Answer, error)  { … }
//	func (b *Buckets) Release(ctx context.Context, c provisioning.Call) (provisioning.Answer, error) { … }
//
//	manager, err := provisioning.NewManager(store, &provisioning.Options{Vault: vault})
//	manager.Register("bucket", &Buckets{…}, nil)
//	err = manager.Supervise(sup)
//
// The owner, a record of the host's, asks in its own turn, and is told in the commit in which the status changes. Nobody polls:
//
//	if t.State == Initial {
//		err := manager.Request(t, t.Key.ID, t.Key,
//			provisioning.Spec{ID: "data", Type: "bucket"},
//			provisioning.Spec{ID: "reader", Type: "account", After: []string{"data"}})
//	}
//	for _, m := range t.Messages {
//		if c, ok := provisioning.StatusChanged.Body(m); ok && c.Status == provisioning.Provisioned {
//			return t.Fire(Ready)
//		}
//	}
//
// # What is certain
//
// Before a provisioner is called, the intent is committed: which operation it is, under which idempotency key, until when. What it answers is
// recorded before anything is decided, each resource by itself, so no failure loses the answer of another. If nobody knows what a call has
// done, because it ended in time, in a panic, or with the program, the resource is unknown: it is looked for, or the call is
// made again with the same key. Each operation has a deadline and a bounded number of failures, and so each request comes to an
// end, or to a state in which it says what it waits for.
//
// Everything that was ever asked for is released before a request is [Deprovisioned], in reverse order, until the provisioner confirms it. To terminate a
// request, a failure for good and a deadline are one path: the goal becomes absent, at any moment. What cannot be released
// is [Failed], not gone, until somebody retries it or abandons it with a reason.
//
// # The status
//
// The [Status] of a request follows from its resources, with the names and numbers of the transfer process of Eclipse EDC, whose idea it is. With the
// goal present it is Failed if a resource failed for good; else Provisioning if one needs a call, also one that is put off; else
// ProvisioningRequested if any is with somebody outside; else Provisioned. With the goal absent it is the same with release. In one cell it differs on
// purpose: EDC is in PROVISIONING_REQUESTED as soon as one answer is in process, also beside one that has to be retried, which it then never is.
// A manager that holds failures ([Hold]) has the status Failed where one that unwinds them begins to release.
//
// # Those who answer later
//
// An answer that is [InProgress] says when to ask again; a [Poller] is asked then, or else the call is made again. Or the outside calls back: each
// operation has an address and a token of its own, see [Call.Callback] and [Manager.Handler]. A callback is kept before it is acknowledged, and is applied by
// the supervisor, once, if its operation is under way. [NewHTTP] is a provisioner that asks an external one in that way.
//
// # Secrets
//
// What an answer has in [Answer.Secrets] is in the host's [Vault] before the answer is recorded, and nowhere else: records, messages, history,
// explanations and errors have only its key. Texts of errors are searched for secrets that are known, and what others a provisioner
// writes there is its own doing, as are configs and attributes.
//
// # To look inside
//
// [Manager.Plan] says what is done next about each resource, when and why; [supervision.Kind.Explain] of [Manager.Requests] says it too, and who holds
// the request. [Manager.Preview] is the plan of a request that is not made yet. A [Finder] can look at what is there from time to time; in what it differs is recorded,
// and nothing is done about it unless somebody calls [Manager.Repair].
//
// Package provisioningtest has the laws of a host's provisioners and vaults as tests.
package provisioning
