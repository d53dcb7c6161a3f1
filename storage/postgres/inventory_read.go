package postgres

import (
	"encoding/binary"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Values as they come from the server, in its binary format.

func readBool(b []byte) (storage.Value, error) { return storage.BoolValue(b[0] != 0), nil }

func readInt(b []byte) (storage.Value, error) { return storage.IntValue(signed(b)), nil }

// signed returns an integer of two, four or eight bytes.
func signed(b []byte) int64 {
	switch len(b) {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(b))) //nolint:gosec // the same bits
	case 4:
		return int64(int32(binary.BigEndian.Uint32(b))) //nolint:gosec // the same bits
	default:
		return int64(binary.BigEndian.Uint64(b)) //nolint:gosec // the same bits
	}
}

// readFloat returns one of four bytes as what it stands for: 0.1 is 0.1.
func readFloat(b []byte) (storage.Value, error) {
	if len(b) == 4 {
		return storage.FloatValue(shortFloat(math.Float32frombits(binary.BigEndian.Uint32(b)))), nil
	}
	return storage.FloatValue(math.Float64frombits(binary.BigEndian.Uint64(b))), nil
}

// shortFloat returns the number that the fewest digits stand for which make f.
func shortFloat(f float32) float64 {
	long, _ := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
	return long
}

// readPadded reads a character(n), which the server fills up with blanks that mean nothing.
func readPadded(b []byte) (storage.Value, error) {
	return storage.TextValue(strings.TrimRight(string(b), " ")), nil
}

func readBytes(b []byte) (storage.Value, error) { return storage.BytesValue(b), nil }

func readUUID(b []byte) (storage.Value, error) {
	return storage.BytesValue(b).As(storage.UUIDType)
}

// readJSONB skips the number of the format.
func readJSONB(b []byte) (storage.Value, error) { return storage.TextValue(string(b[1:])), nil }

// millennium is the server's beginning of time.
var millennium = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

var errInfinite = errors.New("no time is infinite")

// infinite returns what the server calls an infinite time.
func infinite(n int64) storage.Value {
	if n < 0 {
		return storage.TextValue("-infinity")
	}
	return storage.TextValue("infinity")
}

func readTime(b []byte) (storage.Value, error) {
	micros := signed(b)
	if micros == math.MaxInt64 || micros == math.MinInt64 {
		return infinite(micros), errInfinite
	}
	return storage.TimeValue(time.UnixMicro(millennium.UnixMicro() + micros)), nil
}

func readDate(b []byte) (storage.Value, error) {
	days := signed(b)
	if days == math.MaxInt32 || days == math.MinInt32 {
		return infinite(days), errInfinite
	}
	return storage.TimeValue(millennium.AddDate(0, 0, int(days))), nil
}
