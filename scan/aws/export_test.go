package aws

// Claim reads a claim, as a queue does with what comes from anybody.
func Claim(text string) (digest string, size int64, err error) {
	c, err := decodeClaim(text)
	return string(c.Digest), c.Size, err
}

// Pack writes a body as SQS has it, and Unpack reads it.
func Pack(body []byte) (text, encoding string) {
	p := pack("key", body)
	return p.body, p.encoding
}

// Unpack reads what Pack has written, or anybody.
func Unpack(text, encoding string) ([]byte, error) {
	p := parcel{"key", text, encoding}
	return p.unpack()
}

// MostBody is how large a body may be that is not in its message.
const MostBody = mostBody
