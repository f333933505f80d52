package segment

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
)

// ColumnKey is what a column of accounts may hold. A whole number stands for
// the account whose ID is its decimal text.
type ColumnKey interface {
	int32 | int64 | uint32 | uint64 | string
}

// Columns are transactions laid out by column, for loads of millions of lines:
// row i is the line with Account[i], Day[i], Amount[i] and so on. All columns
// that are given have the same length.
type Columns[K ColumnKey] struct {
	// Account is [keyaccount.Transaction.Account]. Required.
	Account []K
	// Day counts days from 1970-01-01 in ColumnOptions.Location; the line's
	// Time is the first instant of that day. Either Day or Unix is required.
	Day []int32
	// Unix is the line's Time in seconds from 1970-01-01 UTC. The column must
	// span less than 2^32 seconds, 136 years.
	Unix []int64
	// Amount is in units of 10^-Places: cents where Places is 2. Required.
	Amount []int64
	// Places is from 0 to 18. Defaults to 0.
	Places int32
	// Quantity decides, by its sign, whether a line of amount zero is a
	// return. Defaults to none being one.
	Quantity []int64
	// Order is the order id; an empty one makes the line an order of its own.
	// Defaults to every line being one.
	Order []string
	// OrderNumber is the order id as a whole number, instead of Order.
	OrderNumber []int64
	// Currency is that of all rows. Defaults to none.
	Currency string
}

// ColumnOptions sets up [FoldColumns].
type ColumnOptions struct {
	// Location is as in [SummaryOptions]. Defaults to UTC.
	Location *time.Location
	// Workers is how many goroutines fold. It changes the speed and nothing
	// else. Defaults to GOMAXPROCS.
	Workers int
}

// ColumnTotals is what [FoldColumns] found: the light state of a [Summary],
// laid out for speed. It refers to the columns, which must not be changed
// while it is in use. It is safe for concurrent use.
type ColumnTotals[K ColumnKey] struct {
	columns  Columns[K]
	location *time.Location
	workers  int
	base     int64 // what foldTotal's instants are counted from, in the column's unit

	totals []foldTotal // by first row
	wide   map[uint32]*wideTotal
	orders *columnOrders // nil where no order ids are given
}

// FoldColumns folds the rows into one total per account, as [Summary.Add]
// would, line by line: [ColumnTotals.Summary] has the same bytes. A nil opts
// means the defaults. Rows that Add would refuse are refused here, the first
// one by row, as well as columns of different lengths
// ([keyaccount.ErrMalformed]), Places outside 0 to 18 and a span of Unix that
// is too long ([keyaccount.ErrOutOfRange]).
func FoldColumns[K ColumnKey](columns Columns[K], opts *ColumnOptions) (*ColumnTotals[K], error) {
	t := &ColumnTotals[K]{columns: columns}
	if opts != nil {
		t.location, t.workers = opts.Location, opts.Workers
	}
	if t.location == nil {
		t.location = time.UTC
	}
	if err := columns.checkShape(); err != nil {
		return nil, err
	}
	if len(columns.Account) == 0 {
		return t, nil
	}
	if err := t.checkRows(); err != nil {
		return nil, err
	}
	switch ids := any(columns.Account).(type) {
	case []int32:
		foldNumbers(t, ids)
	case []int64:
		foldNumbers(t, ids)
	case []uint32:
		foldNumbers(t, ids)
	case []uint64:
		foldNumbers(t, ids)
	case []string:
		foldTexts(t, ids)
	}
	return t, nil
}

func (c *Columns[K]) checkShape() error {
	fault := func(kind error, field, value, reason string) error {
		return &keyaccount.InputError{Kind: kind, Field: field, Value: value, Reason: reason}
	}
	n := len(c.Account)
	switch {
	case (c.Day == nil) == (c.Unix == nil) && n > 0:
		return fault(keyaccount.ErrMissing, "Day", "", "either Day or Unix must be given")
	case c.Order != nil && c.OrderNumber != nil:
		return fault(keyaccount.ErrMalformed, "OrderNumber", "", "either Order or OrderNumber can be given")
	case c.Places < 0 || c.Places > 18:
		return fault(keyaccount.ErrOutOfRange, "Places", strconv.Itoa(int(c.Places)), "an amount can have 0 to 18 places")
	case n > maxRows:
		return fault(keyaccount.ErrOutOfRange, "Account", "", "there can be 2^31-1 rows at the most; fold them in parts")
	}
	for _, column := range []struct {
		name     string
		rows     int
		required bool
	}{
		{"Day", len(c.Day), c.Day != nil},
		{"Unix", len(c.Unix), c.Unix != nil},
		{"Amount", len(c.Amount), true},
		{"Quantity", len(c.Quantity), c.Quantity != nil},
		{"Order", len(c.Order), c.Order != nil},
		{"OrderNumber", len(c.OrderNumber), c.OrderNumber != nil},
	} {
		if column.required && column.rows != n {
			return fault(keyaccount.ErrMalformed, column.name, "",
				"it has "+strconv.Itoa(column.rows)+" rows where Account has "+strconv.Itoa(n))
		}
	}
	return nil
}

// checkRows finds the base of the instants and refuses the first row that
// [Summary.Add] would refuse.
func (t *ColumnTotals[K]) checkRows() error {
	var lo, hi int64
	if t.columns.Day != nil {
		a, b := slices.Min(t.columns.Day), slices.Max(t.columns.Day)
		lo, hi = int64(a), int64(b)
	} else {
		lo, hi = slices.Min(t.columns.Unix), slices.Max(t.columns.Unix)
	}
	ids, texts := any(t.columns.Account).([]string)
	if !t.usable(lo) || !t.usable(hi) || texts && slices.Contains(ids, "") {
		for row := range t.columns.Account {
			at := t.unit(row)
			account := t.id(row)
			if account != "" && t.usable(at) {
				continue
			}
			// What Add says is what is said here.
			tx := keyaccount.Transaction{Account: account, Time: t.timeOf(clampUnit(at, t.columns.Day != nil))}
			if _, err := checkLine(&tx, row+1); err != nil {
				return err
			}
		}
	}
	if hi-lo > math.MaxUint32 {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Unix", Value: strconv.FormatInt(hi-lo, 10),
			Reason: "the rows span more than 2^32 seconds; fold them in parts",
		}
	}
	t.base = lo
	return nil
}

// clampUnit keeps an instant that is out of range within what can be computed
// with; it stays out of range.
func clampUnit(at int64, days bool) int64 {
	if days {
		return min(max(at, int64(firstDayNo)), int64(lastDayNo))
	}
	return min(max(at, minSecond-1), endSecond+1)
}

func (t *ColumnTotals[K]) unit(row int) int64 {
	if t.columns.Day != nil {
		return int64(t.columns.Day[row])
	}
	return t.columns.Unix[row]
}

func (t *ColumnTotals[K]) usable(at int64) bool {
	if at != clampUnit(at, t.columns.Day != nil) {
		return false
	}
	_, ok := instantOf(t.timeOf(at))
	return ok && !t.timeOf(at).IsZero()
}

func (t *ColumnTotals[K]) timeOf(at int64) time.Time {
	if t.columns.Day != nil {
		return startOfDay(int32(at), t.location)
	}
	return time.Unix(at, 0).In(t.location)
}

// id returns the account of a row as text.
func (t *ColumnTotals[K]) id(row int) string {
	switch ids := any(t.columns.Account).(type) {
	case []int32:
		return strconv.FormatInt(int64(ids[row]), 10)
	case []int64:
		return strconv.FormatInt(ids[row], 10)
	case []uint32:
		return strconv.FormatUint(uint64(ids[row]), 10)
	case []uint64:
		return strconv.FormatUint(ids[row], 10)
	case []string:
		return ids[row]
	}
	return ""
}

// Len returns the number of accounts. They are numbered from 0 in the order of
// their first rows.
func (t *ColumnTotals[K]) Len() int { return len(t.totals) }

// Key returns the account with the number i.
func (t *ColumnTotals[K]) Key(i int) K { return t.columns.Account[t.totals[i].row] }

// Orders returns the number of orders of the account with the number i.
func (t *ColumnTotals[K]) Orders(i int) int {
	if t.orders != nil {
		return t.orders.sales(uint32(i))
	}
	return int(t.totals[i].sales)
}

// Net returns the net amount of the account with the number i.
func (t *ColumnTotals[K]) Net(i int) decimal.Decimal {
	gross, returns := t.sums(i)
	gross.Merge(returns)
	return gross.Decimal()
}

func foldNumbers[K ColumnKey, N int32 | int64 | uint32 | uint64](t *ColumnTotals[K], ids []N) {
	f := newFold[struct{}](len(ids), t.workers, t.columns.Places)
	t.markOrders(f.setOrders)
	rows := t.rows()
	_ = f.run(len(ids), func(box *foldBoxes[struct{}], lo, hi int) error {
		for i := lo; i < hi; i++ {
			part, h := f.number(uint64(ids[i]))
			at, amount, row := rows.at(i)
			box.plain[part] = append(box.plain[part], foldRow[struct{}]{h: h, amount: amount, at: at, row: row})
		}
		return nil
	})
	finishFold(t, f)
}

func foldTexts[K ColumnKey](t *ColumnTotals[K], ids []string) {
	f := newFold[uint64](len(ids), t.workers, t.columns.Places)
	f.names = func(row uint32) string { return ids[row] }
	t.markOrders(f.setOrders)
	rows := t.rows()
	_ = f.run(len(ids), func(box *foldBoxes[uint64], lo, hi int) error {
		for i := lo; i < hi; i++ {
			part, h, x, ok := f.text(ids[i])
			at, amount, row := rows.at(i)
			to := &box.plain[part]
			if !ok {
				to = &box.long[part]
			}
			*to = append(*to, foldRow[uint64]{h: h, x: x, amount: amount, at: at, row: row})
		}
		return nil
	})
	finishFold(t, f)
}

// columnRows are the columns beside Account, as the fold takes them.
type columnRows struct {
	day              []int32
	unix             []int64
	amount, quantity []int64
	base             int64
}

func (t *ColumnTotals[K]) rows() columnRows {
	c := &t.columns
	return columnRows{day: c.Day, unix: c.Unix, amount: c.Amount, quantity: c.Quantity, base: t.base}
}

func (c *columnRows) at(i int) (at uint32, amount int64, row uint32) {
	amount, row = c.amount[i], uint32(i)
	if amount < 0 || amount == 0 && c.quantity != nil && c.quantity[i] < 0 {
		row |= isBack
	}
	if c.day != nil {
		return uint32(int64(c.day[i]) - c.base), amount, row
	}
	return uint32(c.unix[i] - c.base), amount, row
}
