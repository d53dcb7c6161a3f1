package refresh

// A Refusal is a row that is not written because of what the parser said.
type Refusal struct {
	Collection string `json:"collection"`
	// Key is the row's key as far as it is known, for people.
	Key string `json:"key"`
	// Reason says what was wrong.
	Reason string `json:"reason"`
}

// A Duplicate is a row whose key another row had before, with other data.
type Duplicate struct {
	Collection string `json:"collection"`
	Key        string `json:"key"`
	// Columns are those in which the two differ.
	Columns []string `json:"columns"`
}
