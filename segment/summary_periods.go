package segment

import (
	"time"
)

// Grain is the length of the calendar periods that a [Summary] keeps apart.
type Grain int

const (
	// NoPeriods keeps none.
	NoPeriods Grain = iota
	// ByDay keeps calendar days.
	ByDay
	// ByWeek keeps weeks that begin on Monday (ISO 8601).
	ByWeek
	// ByMonth keeps calendar months.
	ByMonth
	// ByQuarter keeps calendar quarters.
	ByQuarter
	// ByYear keeps calendar years.
	ByYear
)

var grainNames = [...]string{
	NoPeriods: "none", ByDay: "day", ByWeek: "week", ByMonth: "month", ByQuarter: "quarter", ByYear: "year",
}

// String returns the name used in JSON, like "month".
func (g Grain) String() string { return enumName(g, grainNames[:], "Grain") }

// MarshalText implements [encoding.TextMarshaler].
func (g Grain) MarshalText() ([]byte, error) { return enumText(g, grainNames[:], "Periods") }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (g *Grain) UnmarshalText(text []byte) error { return readEnum(g, text, grainNames[:], "Periods") }

// period numbers the period of a day; neighbouring periods have neighbouring
// numbers.
func (g Grain) period(dayNo int32) int32 {
	y, m, _ := civil(dayNo).Date()
	switch g {
	case ByDay:
		return dayNo
	case ByWeek:
		return floorDiv(dayNo+3, 7) // 1970-01-01 was a Thursday
	case ByQuarter:
		return int32(4*y + (int(m)-1)/3)
	case ByYear:
		return int32(y)
	default:
		return int32(12*y + int(m) - 1)
	}
}

// firstDay is the inverse of period: the number of the period's first day.
func (g Grain) firstDay(period int32) int32 {
	switch g {
	case ByDay:
		return period
	case ByWeek:
		return 7*period - 3
	case ByQuarter:
		return civilDay(int(floorDiv(period, 4)), int(floorMod(period, 4))*3+1)
	case ByYear:
		return civilDay(int(period), 1)
	default:
		return civilDay(int(floorDiv(period, 12)), int(floorMod(period, 12))+1)
	}
}

// civil is midnight UTC of a day.
func civil(dayNo int32) time.Time { return time.Unix(int64(dayNo)*daySeconds, 0).UTC() }

func civilDay(year, month int) int32 {
	return int32(time.Date(year, time.Month(month), 1, 0, 0, 0, 0, time.UTC).Unix() / daySeconds)
}

// startOfDay returns the first instant of a day in a zone, or, where the zone
// skipped that day, of the next one it has. Midnight itself may be missing:
// clocks that go forward at midnight begin the day at one o'clock.
func startOfDay(dayNo int32, zone *time.Location) time.Time {
	y, m, d := civil(dayNo).Date()
	at := time.Date(y, m, d, 0, 0, 0, 0, zone)
	for dayNumber(at) < int(dayNo) {
		at = at.Add(15 * time.Minute) // every change of a clock by law is a multiple of it
	}
	return at
}

func floorDiv(a, b int32) int32 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int32) int32 { return a - floorDiv(a, b)*b }
