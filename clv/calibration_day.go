package clv

import (
	"strconv"
	"time"

	"github.com/keyaccount/keyaccount"
)

const (
	secondsPerDay = 24 * 60 * 60
	// The days of the years 1 to 9998, which every zone's offset stays within
	// the years that time formats.
	firstDay = -719162
	lastDay  = 2932531
)

// dayOf returns the calendar day of an instant in a zone, since 1 January 1970.
func dayOf(at time.Time, zone *time.Location) (int32, *keyaccount.InputError) {
	if second := at.Unix(); zone == time.UTC && second >= firstDay*secondsPerDay && second < (lastDay+1)*secondsPerDay {
		return int32((second-firstDay*secondsPerDay)/secondsPerDay) + firstDay, nil
	}
	y, m, d := at.In(zone).Date()
	if y < 1 || y > 9998 {
		return 0, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Value: "year " + strconv.Itoa(y),
			Reason: "the year must lie between 1 and 9998",
		}
	}
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay), nil
}

// startOfDay returns the first instant of a calendar day.
func startOfDay(day int32, zone *time.Location) time.Time {
	at := time.Unix(int64(day)*secondsPerDay, 0).UTC()
	if zone == time.UTC {
		return at
	}
	y, m, d := at.Date()
	at = time.Date(y, m, d, 0, 0, 0, 0, zone)
	for {
		if got, err := dayOf(at, zone); err != nil || got >= day {
			return at
		}
		at = at.Add(15 * time.Minute) // every change of a clock by law is a multiple of it
	}
}

func dateOf(day int32) string {
	return time.Unix(int64(day)*secondsPerDay, 0).UTC().Format(time.DateOnly)
}
