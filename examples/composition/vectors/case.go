package vectors

import "github.com/reeve-go/reeve/examples/composition/acm"

// A Case is what was given, and what ONAP made of it then.
type Case struct {
	// File and Line say where it was read.
	File string
	Line int

	Given Given
	Then  Then
}

// Given is a world before the supervisor looks at it. Times are milliseconds before its beginning.
type Given struct {
	Name               string       `json:"name"`
	MaxOperationWaitMs int64        `json:"maxOperationWaitMs"`
	Runs               int          `json:"runs"`
	StepMs             int64        `json:"stepMs"`
	Definitions        []Definition `json:"definitions"`
	Instances          []Instance   `json:"instances"`
	Messages           []Message    `json:"messages"`
	Jobs               []Job        `json:"jobs"`
}

// A Definition is one of a composition.
type Definition struct {
	ID           string              `json:"id"`
	State        acm.TypeState       `json:"state"`
	Result       acm.Result          `json:"result"`
	LastMsgAgoMs int64               `json:"lastMsgAgoMs"`
	Nodes        map[string]acm.Node `json:"nodes"`
	Metadata     acm.Properties      `json:"metadata"`
	Elements     []NodeElement       `json:"elements"`
}

// A NodeElement is a node of a definition at its participant.
type NodeElement struct {
	Node        string        `json:"node"`
	Version     string        `json:"version"`
	Participant string        `json:"participant"`
	State       acm.TypeState `json:"state"`
}

// An Instance is one of a composition.
type Instance struct {
	ID           string          `json:"id"`
	Definition   string          `json:"definition"`
	Target       string          `json:"target"`
	DeployState  acm.DeployState `json:"deployState"`
	LockState    acm.LockState   `json:"lockState"`
	SubState     acm.SubState    `json:"subState"`
	Result       acm.Result      `json:"result"`
	Phase        *int            `json:"phase"`
	LastMsgAgoMs int64           `json:"lastMsgAgoMs"`
	Elements     []Element       `json:"elements"`
}

// An Element is a part of an instance.
type Element struct {
	ID             string             `json:"id"`
	Node           string             `json:"node"`
	Version        string             `json:"version"`
	Participant    string             `json:"participant"`
	DeployState    acm.DeployState    `json:"deployState"`
	LockState      acm.LockState      `json:"lockState"`
	SubState       acm.SubState       `json:"subState"`
	Stage          *int               `json:"stage"`
	MigrationState acm.MigrationState `json:"migrationState"`
	Properties     acm.Properties     `json:"properties"`
}

// A Message waits for an instance or a definition.
type Message struct {
	ID               string          `json:"id"`
	Type             string          `json:"type"`
	AgoMs            *int64          `json:"agoMs"`
	Participant      string          `json:"participant"`
	Instance         string          `json:"instance"`
	Element          string          `json:"element"`
	DeployState      acm.DeployState `json:"deployState"`
	LockState        acm.LockState   `json:"lockState"`
	Stage            *int            `json:"stage"`
	Definition       string          `json:"definition"`
	Node             string          `json:"node"`
	CompositionState acm.TypeState   `json:"compositionState"`
	Result           acm.Result      `json:"result"`
	Message          string          `json:"message"`
	OutProperties    acm.Properties  `json:"outProperties"`
	UseState         string          `json:"useState"`
	OperationalState string          `json:"operationalState"`
}

// A Job is a lock that another supervisor holds.
type Job struct {
	Entity       string `json:"entity"`
	StartedAgoMs int64  `json:"startedAgoMs"`
}

// The types of messages.
const (
	deployAck         = "AUTOMATION_COMPOSITION_DEPLOY_ACK"
	stateChangeAck    = "AUTOMATION_COMPOSITION_STATECHANGE_ACK"
	primeAck          = "PARTICIPANT_PRIME_ACK"
	participantStatus = "PARTICIPANT_STATUS"
)

// Then is the same world afterwards, and what happened.
type Then struct {
	Events       []string         `json:"events"`
	Instances    []ThenInstance   `json:"instances"`
	Definitions  []ThenDefinition `json:"definitions"`
	MessagesLeft []string         `json:"messagesLeft"`
}

// A ThenInstance is an instance afterwards.
type ThenInstance struct {
	ID          string          `json:"id"`
	Definition  string          `json:"definition"`
	Target      string          `json:"target"`
	DeployState acm.DeployState `json:"deployState"`
	LockState   acm.LockState   `json:"lockState"`
	SubState    acm.SubState    `json:"subState"`
	Result      acm.Result      `json:"result"`
	Phase       *int            `json:"phase"`
	LastMsgAtMs int64           `json:"lastMsgAtMs"`
	Elements    []ThenElement   `json:"elements"`
}

// A ThenElement is a part of an instance afterwards.
type ThenElement struct {
	ID               string             `json:"id"`
	DeployState      acm.DeployState    `json:"deployState"`
	LockState        acm.LockState      `json:"lockState"`
	SubState         acm.SubState       `json:"subState"`
	Stage            *int               `json:"stage"`
	MigrationState   acm.MigrationState `json:"migrationState"`
	Message          string             `json:"message"`
	OutProperties    acm.Properties     `json:"outProperties"`
	UseState         string             `json:"useState"`
	OperationalState string             `json:"operationalState"`
}

// A ThenDefinition is a definition afterwards.
type ThenDefinition struct {
	ID       string                   `json:"id"`
	State    acm.TypeState            `json:"state"`
	Result   acm.Result               `json:"result"`
	Elements map[string]acm.TypeState `json:"elements"`
}
