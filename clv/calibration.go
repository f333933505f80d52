package clv

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// CalibrationOptions sets up a [Calibration].
type CalibrationOptions struct {
	// Unit is what times are converted to, once, from whole days. Defaults to
	// Week.
	Unit Unit
	// Location is the calendar whose days are counted. Give a named zone or
	// UTC: [time.Local] is called "Local" on every machine, whatever it means
	// there. Defaults to UTC.
	Location *time.Location
}

// Calibration folds transactions into the [History] of each account. It keeps
// the days on which an account bought, so purchases of one day are one order,
// with the exact value of each, and the days and values of returns. It is a
// commutative monoid: the same lines in any order, over any number of
// Calibrations that are then merged, give the same histories and bytes.
//
// The zero Calibration is empty, counts weeks and days in UTC, and is ready to
// use. It must not be copied after the first line, nor used by several
// goroutines while one of them adds or merges.
type Calibration struct {
	unit     Unit
	location *time.Location
	currency string // of the priced lines
	priced   bool   // some lines have values
	unpriced bool   // some orders come from a state of version 1, without values
	ledger   ledger
	calls    int // of Add, to name the row of an error
}

// NewCalibration returns an empty Calibration.
func NewCalibration(opts CalibrationOptions) *Calibration {
	return &Calibration{unit: opts.Unit, location: opts.Location}
}

// Add folds in one line. It counts as a purchase when it is no return
// ([keyaccount.Transaction.IsReturn]) and has an amount or a quantity. A return
// does not undo the order, as the customer came, but can lower its value; see
// [ReturnsPolicy]. A line without amount and quantity is checked and changes
// nothing.
//
// Refused, as a [*keyaccount.InputError] whose Row is the number of the call,
// are a line without account or time ([keyaccount.ErrMissing]), with a year
// outside 1 to 9998, an amount of 1e18 or more, or more than 4096 places
// ([keyaccount.ErrOutOfRange]), and one in another currency than those before
// ([keyaccount.ErrMixedCurrency]). The state is then unchanged.
func (c *Calibration) Add(tx keyaccount.Transaction) error {
	day, counts, err := c.check(&tx)
	if err != nil || !counts {
		return err
	}
	c.ledger.add(tx.Account, day, tx.Amount.Sign() < 0, tx.Amount)
	return nil
}

// AddAll folds in the lines one after the other as [Calibration.Add] does, and
// is faster where there are many. It stops at the first line that is refused;
// those before it are in.
func (c *Calibration) AddAll(lines []keyaccount.Transaction) error {
	for len(lines) > 0 {
		n := min(len(lines), maxBulk)
		add := c.addEach
		if n >= max(minBulk, len(c.ledger.rows)/8) { // merging goes through all rows
			add = c.addBulk
		}
		if err := add(lines[:n]); err != nil {
			return err
		}
		lines = lines[n:]
	}
	return nil
}

func (c *Calibration) addEach(lines []keyaccount.Transaction) error {
	for from := 0; from < len(lines); from += countAhead {
		batch := lines[from:min(from+countAhead, len(lines))]
		c.ledger.names.fetch(batch)
		for i := range batch {
			if err := c.Add(batch[i]); err != nil {
				return err
			}
		}
	}
	if l := &c.ledger; len(lines) >= l.sorted/8 { // so that it need not be done at every reading
		l.settle()
	}
	return nil
}

func (c *Calibration) addBulk(lines []keyaccount.Transaction) (err error) {
	b := newBulk(lines)
	for i := range lines {
		if i%countAhead == 0 {
			b.fetch(lines[i:min(i+countAhead, len(lines))])
		}
		var day int32
		var counts bool
		if day, counts, err = c.check(&lines[i]); err != nil {
			break
		}
		if counts {
			b.deal(i, day)
		}
	}
	if l := b.ledger(); len(c.ledger.names.ids) == 0 {
		c.ledger = l
	} else {
		c.ledger.merge(&l)
	}
	return err
}

// check reports on which day a line falls and whether it counts, or why it is
// refused.
func (c *Calibration) check(tx *keyaccount.Transaction) (day int32, counts bool, err error) {
	c.calls++
	if err := tx.Validate(); err != nil {
		if in, ok := errors.AsType[*keyaccount.InputError](err); ok {
			in.Row = c.calls
		}
		return 0, false, err
	}
	day, bad := dayOf(tx.Time, c.zone())
	if bad != nil {
		bad.Field, bad.Row = "Time", c.calls
		return 0, false, bad
	}
	if tx.Amount.Sign() == 0 && tx.Quantity.Sign() <= 0 {
		return 0, false, nil
	}
	if bad := c.checkMoney(tx); bad != nil {
		bad.Row = c.calls
		return 0, false, bad
	}
	if !c.priced {
		c.currency, c.priced = strings.Clone(tx.Currency), true
	}
	return day, true, nil
}

func (c *Calibration) checkMoney(tx *keyaccount.Transaction) *keyaccount.InputError {
	if c.priced && tx.Currency != c.currency {
		return mixedCurrency(tx.Currency, c.currency)
	}
	if !fitsMoney(tx.Amount, maxAmountDigits) {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Amount", Value: exact.Text(tx.Amount),
			Reason: "an amount must be below 1e18, with 4096 places at the most",
		}
	}
	return nil
}

func mixedCurrency(got, want string) *keyaccount.InputError {
	reason := "the amounts so far are in " + strconv.Quote(want)
	if want == "" {
		reason = "the amounts so far have no currency; give all of them one, or none"
	}
	return &keyaccount.InputError{Kind: keyaccount.ErrMixedCurrency, Field: "Currency", Value: got, Reason: reason}
}

// Merge folds in all that other has seen; other stays unchanged. It refuses a
// Calibration with another Unit or Location name ([keyaccount.ErrMismatch]), in
// another currency ([keyaccount.ErrMixedCurrency]) or none at all
// ([keyaccount.ErrMissing]), and then changes nothing.
func (c *Calibration) Merge(other *Calibration) error {
	if other == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "other", Reason: "there is no calibration to merge"}
	}
	if err := c.sameSetup(other.unit, other.zone().String()); err != nil {
		return err
	}
	if c.priced && other.priced && c.currency != other.currency {
		return mixedCurrency(other.currency, c.currency)
	}
	if other.priced {
		c.currency, c.priced = other.currency, true
	}
	c.unpriced = c.unpriced || other.unpriced
	c.ledger.merge(&other.ledger)
	return nil
}

// Len returns the number of accounts with a purchase.
func (c *Calibration) Len() int { return c.ledger.buyers }

// Currency returns the currency of all values; empty while nothing was added,
// or where the lines have none.
func (c *Calibration) Currency() string { return c.currency }

// Accounts returns the history of every account with a purchase as it stands
// at the end of the day of asOf in the Location, sorted by ID. An account that
// first bought on that day has a history of zeros: it can be scored.
//
// A purchase on a later day is an [*keyaccount.InputError]: add only the
// transactions of the period, or give [Calibration.Split] a hold-out.
func (c *Calibration) Accounts(asOf time.Time) ([]AccountHistory, error) {
	x, err := c.extract(Split{End: asOf}, "asOf")
	if err != nil {
		return nil, err
	}
	return x.histories()
}

// Counts returns the table that a fit takes: the histories that
// [Calibration.Accounts] returns, counted, without those of age 0, and with the
// logs of the times between orders.
func (c *Calibration) Counts(asOf time.Time) (*Counts, error) {
	x, err := c.extract(Split{End: asOf}, "asOf")
	if err != nil {
		return nil, err
	}
	return x.counts()
}

func (c *Calibration) zone() *time.Location {
	if c.location == nil {
		return time.UTC
	}
	return c.location
}

func (c *Calibration) sameSetup(unit Unit, zone string) error {
	if unit != c.unit {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMismatch, Field: "Unit", Value: unit.String(),
			Reason: "this calibration counts in the unit " + c.unit.String(),
		}
	}
	if zone != c.zone().String() {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMismatch, Field: "Location", Value: zone,
			Reason: "this calibration counts the days of " + c.zone().String(),
		}
	}
	return nil
}
