package scan

import (
	"time"

	"github.com/reeve-go/reeve/fsm"
)

// JobState is where a job is.
type JobState string

// The states of a job. The last three are final.
const (
	// JobQueued: it waits for its permits.
	JobQueued JobState = "queued"
	// JobAdmitted: it has its permits; what has to be attached is, or it waits for another try.
	JobAdmitted JobState = "admitted"
	// JobRequested: agents are asked for it, and none has begun.
	JobRequested JobState = "requested"
	// JobScanning: an agent works on it, and says how far it is.
	JobScanning JobState = "scanning"
	// JobCollected: every category has an outcome.
	JobCollected JobState = "collected"
	// JobSaving: the host takes the results over.
	JobSaving JobState = "saving"
	// JobStopping: it is to end, and its agent is told to stop.
	JobStopping JobState = "stopping"
	// JobCleaning: what was attached is released.
	JobCleaning JobState = "cleaning"
	// JobDone: there are results, of some categories at least, and nothing is left behind.
	JobDone JobState = "done"
	// JobFailed: it did not come to its end. What was found by then is kept.
	JobFailed JobState = "failed"
	// JobCanceled: somebody called it off.
	JobCanceled JobState = "canceled"
)

// Final reports whether a job that is there has ended.
func (s JobState) Final() bool { return s == JobDone || s == JobFailed || s == JobCanceled }

// JobEvent is what happens to a job.
type JobEvent string

const (
	jobAdmit    JobEvent = "admit"
	jobDispatch JobEvent = "dispatch"
	jobBegin    JobEvent = "begin"
	jobAgain    JobEvent = "again"
	jobCollect  JobEvent = "collect"
	jobSave     JobEvent = "save"
	jobFinish   JobEvent = "finish"
	jobStop     JobEvent = "stop"
	jobClean    JobEvent = "clean"
	jobFail     JobEvent = "fail"
	jobCancel   JobEvent = "cancel"
)

// jobDefinition is the machine of jobs. The limits are the defaults of [Clocks], which each job carries itself, that of the total where nothing else is
// said; see [jobTimeout]. What fires when one is up is what a program without a decider would do.
var jobDefinition = fsm.Definition[JobState, JobEvent]{
	Name:    "scan",
	Doc:     "A job has an agent look into a target, keeps what it found, and leaves nothing attached.",
	Initial: JobQueued,
	Starts:  []JobState{JobQueued, JobCollected},
	States: fsm.States[JobState, JobEvent]{
		JobQueued:    {Mode: fsm.Waiting, After: 24 * time.Hour, Then: jobStop, Doc: "It waits for its permits."},
		JobAdmitted:  {Mode: fsm.Active, After: 15 * time.Minute, Then: jobStop, Doc: "It has its permits; what has to be attached is, or it waits for another try."},
		JobRequested: {Mode: fsm.Waiting, After: 15 * time.Minute, Then: jobStop, Doc: "Agents are asked for it, and none has begun."},
		JobScanning:  {Mode: fsm.Waiting, After: 5 * time.Minute, Then: jobStop, Doc: "An agent works on it, and says how far it is."},
		JobCollected: {Mode: fsm.Active, After: 4 * time.Hour, Then: jobStop, Doc: "Every category has an outcome."},
		JobSaving:    {Mode: fsm.Waiting, After: 4 * time.Hour, Then: jobStop, Doc: "The host takes the results over."},
		JobStopping:  {Mode: fsm.Waiting, After: 15 * time.Minute, Then: jobClean, Doc: "It is to end, and its agent is told to stop."},
		JobCleaning:  {Mode: fsm.Waiting, After: 15 * time.Minute, Then: jobFail, Doc: "What was attached is released."},
		JobDone:      {Mode: fsm.Final, Doc: "There are results, of some categories at least, and nothing is left behind."},
		JobFailed:    {Mode: fsm.Final, Doc: "It did not come to its end. What was found by then is kept."},
		JobCanceled:  {Mode: fsm.Final, Doc: "Somebody called it off."},
	},
	Events: fsm.Events[JobEvent]{
		jobAdmit:    {Doc: "The pool gives it its permits.", By: fsm.Supervisor},
		jobDispatch: {Doc: "Agents are asked for it.", By: fsm.Supervisor},
		jobBegin:    {Doc: "An agent begins.", By: fsm.Supervisor},
		jobAgain:    {Doc: "It failed, or its agent is lost; there is another epoch.", By: fsm.Supervisor},
		jobCollect:  {Doc: "The last category has its outcome.", By: fsm.Supervisor},
		jobSave:     {Doc: "The host is asked to take the results over.", By: fsm.Supervisor},
		jobFinish:   {Doc: "Everything is done.", By: fsm.Supervisor},
		jobStop:     {Doc: "It is to end: it was called off, has failed for good, or a time is up."},
		jobClean:    {Doc: "Nobody works on it any more.", By: fsm.Supervisor},
		jobFail:     {Doc: "Nothing is attached any more, and it has failed.", By: fsm.Supervisor},
		jobCancel:   {Doc: "Nothing is attached any more, and it was called off.", By: fsm.Supervisor},
	},
	Table: fsm.Table[JobState, JobEvent]{
		JobQueued:    {jobAdmit: JobAdmitted, jobStop: JobStopping},
		JobAdmitted:  {jobDispatch: JobRequested, jobCollect: JobCollected, jobStop: JobStopping},
		JobRequested: {jobBegin: JobScanning, jobAgain: JobAdmitted, jobCollect: JobCollected, jobStop: JobStopping},
		JobScanning:  {jobAgain: JobAdmitted, jobCollect: JobCollected, jobStop: JobStopping},
		JobCollected: {jobSave: JobSaving, jobClean: JobCleaning, jobFinish: JobDone, jobStop: JobStopping},
		JobSaving:    {jobClean: JobCleaning, jobFinish: JobDone, jobStop: JobStopping},
		JobStopping:  {jobCollect: JobCollected, jobClean: JobCleaning},
		JobCleaning:  {jobFinish: JobDone, jobFail: JobFailed, jobCancel: JobCanceled},
	},
}

var jobMachine = fsm.MustCompile(jobDefinition)

// CategoryState is where a category of a job is: planned, scanning, or one of the outcomes.
type CategoryState string

// The states of a category.
const (
	// CategoryPlanned: it is to be looked for.
	CategoryPlanned CategoryState = "planned"
	// CategoryScanning: an agent has begun to look for it. The others are the outcomes; where it has failed, another epoch may look again.
	CategoryScanning CategoryState = "scanning"
	CategoryOK       CategoryState = CategoryState(OK)
	CategoryEmpty    CategoryState = CategoryState(Empty)
	CategoryPartial  CategoryState = CategoryState(Partial)
	CategoryFailed   CategoryState = CategoryState(Failed)
	CategorySkipped  CategoryState = CategoryState(Skipped)
)

// categoryEvent is what happens to a category: that it is begun, planned again, or ends with an outcome.
type categoryEvent string

const (
	scanCategory  categoryEvent = "scan"
	againCategory categoryEvent = "again"
)

// categoryDefinition is the machine of categories. The job's clocks are theirs.
var categoryDefinition = fsm.Definition[CategoryState, categoryEvent]{
	Name:    "category",
	Doc:     "A category of facts is looked for until it has an outcome.",
	Initial: CategoryPlanned,
	States: fsm.States[CategoryState, categoryEvent]{
		CategoryPlanned:  {Mode: fsm.Resting, Doc: "It is to be looked for."},
		CategoryScanning: {Mode: fsm.Resting, Doc: "An agent has begun to look for it."},
		CategoryOK:       {Mode: fsm.Final, Doc: "All there is was found."},
		CategoryEmpty:    {Mode: fsm.Final, Doc: "There is nothing of the kind."},
		CategoryPartial:  {Mode: fsm.Final, Doc: "There is more than was found."},
		CategoryFailed:   {Mode: fsm.Resting, Doc: "Nothing is known; another epoch may look again."},
		CategorySkipped:  {Mode: fsm.Final, Doc: "It was not looked at."},
	},
	Events: fsm.Events[categoryEvent]{
		scanCategory:           {Doc: "An agent works on it.", By: fsm.Supervisor},
		againCategory:          {Doc: "Another epoch looks for it.", By: fsm.Supervisor},
		categoryEvent(OK):      {Doc: "All there is was found.", By: fsm.Supervisor},
		categoryEvent(Empty):   {Doc: "There is nothing of the kind.", By: fsm.Supervisor},
		categoryEvent(Partial): {Doc: "Some of it was found.", By: fsm.Supervisor},
		categoryEvent(Failed):  {Doc: "It went wrong.", By: fsm.Supervisor},
		categoryEvent(Skipped): {Doc: "Nobody looks for it.", By: fsm.Supervisor},
	},
	Table: fsm.Table[CategoryState, categoryEvent]{
		CategoryPlanned:  outcomes(map[categoryEvent]CategoryState{scanCategory: CategoryScanning}),
		CategoryScanning: outcomes(map[categoryEvent]CategoryState{againCategory: CategoryPlanned}),
		CategoryFailed:   {againCategory: CategoryPlanned},
	},
}

// outcomes adds to a row that a category ends.
func outcomes(row map[categoryEvent]CategoryState) map[categoryEvent]CategoryState {
	for _, o := range []Outcome{OK, Empty, Partial, Failed, Skipped} {
		row[categoryEvent(o)] = CategoryState(o)
	}
	return row
}

var categoryMachine = fsm.MustCompile(categoryDefinition)
