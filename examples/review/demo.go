package main

import (
	_ "embed"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/survey"
)

// The demo company is invented: a maker of workshop tools with one customer
// too many, a few that are leaving, and complaints where they hurt.
const (
	demoName     = "Lighthouse Tools (demo)"
	demoCurrency = "EUR"
	demoSeed     = 20260701
)

var (
	demoFrom = time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC)
	demoAsOf = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

	//go:embed demo_prices.json
	demoPrices []byte
	//go:embed demo_capacity.json
	demoCapacity []byte
)

// demoAccount is how one invented customer behaves.
type demoAccount struct {
	name     string
	gap      float64 // mean days between orders
	basket   float64 // median quantity of a line
	trend    float64 // change of the basket a year, 0.2 for +20 %
	leaves   int     // days after demoFrom at which it silently leaves; 0 stays
	discount int     // percent off the price book
	payDays  int     // mean days from invoice to payment
	mood     float64 // mean answer, 0 to 10; 0 is not surveyed
}

var demoAccounts = []demoAccount{
	{"Kestrel Shipyards", 6, 260, 0.10, 0, 12, 34, 8.1},
	{"华东精密机械", 8, 150, 0.35, 0, 9, 28, 9.2},
	{"Brightwater Rail", 9, 120, 0.05, 0, 8, 61, 6.2},
	{"Ferrum & Sons", 11, 110, -0.15, 0, 10, 47, 7.0},
	{"Oakline Furniture", 12, 75, 0.20, 0, 6, 25, 9.0},
	{"Cormorant Wind", 13, 95, 0.60, 0, 5, 31, 8.8},
	{"长江重工", 14, 90, 0.00, 0, 9, 75, 6.6},
	{"Delmar Elevators", 15, 70, 0.05, 590, 7, 42, 5.1},
	{"Alpenrad Bicycles", 16, 55, 0.15, 0, 4, 22, 9.1},
	{"Sable Mining", 18, 110, -0.30, 0, 11, 95, 5.8},
	{"Juniper Kitchens", 20, 40, 0.10, 0, 3, 29, 8.6},
	{"Marlow Castings", 21, 48, 0.00, 0, 5, 36, 7.7},
	{"南山汽车零部件", 22, 60, 0.45, 0, 4, 27, 9.0},
	{"Ridgeway Tractors", 24, 52, 0.05, 640, 6, 33, 6.0},
	{"Saltmarsh Boats", 26, 30, 0.10, 0, 2, 30, 8.9},
	{"Torrent Pumps", 28, 36, 0.00, 0, 3, 40, 7.8},
	{"Vesper Lighting", 30, 28, 0.25, 0, 2, 24, 8.4},
	{"Wickham Doors", 32, 26, -0.10, 0, 2, 38, 0},
	{"Yarrow Glass", 34, 24, 0.00, 0, 2, 45, 0},
	{"Zephyr Drones", 15, 16, 0.90, 0, 0, 21, 9.4},
	{"Amberley School", 60, 14, 0.00, 0, 0, 30, 0},
	{"Bexhill Museum", 75, 8, 0.00, 0, 0, 27, 0},
	{"Calder Print", 40, 16, 0.05, 0, 0, 32, 0},
	{"Dunmore Dairy", 45, 18, 0.00, 300, 0, 35, 0},
	{"Eastgate Garage", 28, 10, 0.10, 0, 0, 26, 0},
	{"Foxglove Gardens", 50, 9, 0.00, 0, 0, 22, 0},
	{"Gannet Fisheries", 42, 15, -0.05, 0, 0, 51, 0},
	{"Holloway Theatre", 90, 7, 0.00, 0, 0, 30, 0},
	{"Inverness Brewing", 38, 14, 0.20, 0, 0, 25, 0},
	{"Jarrow Rope", 55, 12, 0.00, 200, 0, 44, 0},
	{"Kirkby Fencing", 36, 13, 0.05, 0, 0, 33, 0},
	{"Larkhill Stables", 70, 6, 0.00, 0, 0, 28, 0},
	{"Mossbank Nursery", 65, 7, 0.00, 0, 0, 24, 0},
	{"Netherby Signs", 48, 9, 0.00, 0, 0, 37, 0},
	{"Orchard Cider", 44, 10, 0.10, 0, 0, 23, 0},
	{"Pendle Cycles", 33, 11, 0.15, 0, 0, 26, 0},
	{"Quayside Hotel", 80, 6, 0.00, 0, 0, 31, 0},
	{"Rowan Joinery", 31, 12, 0.05, 0, 0, 29, 0},
	{"Selwyn Pottery", 58, 7, 0.00, 150, 0, 41, 0},
	{"Thornton Roofing", 29, 14, 0.00, 0, 0, 39, 0},
	{"Upland Solar", 37, 15, 0.50, 0, 0, 27, 0},
	{"Verity Labs", 52, 9, 0.10, 0, 0, 22, 0},
}

// demo returns the whole invented company.
func demo() inputs {
	r := rand.New(rand.NewPCG(demoSeed, 1))
	prices, err := parsePrices("demo prices", demoPrices)
	if err != nil {
		panic(err) // the embedded file is ours
	}
	capacity, err := parseCapacity("demo capacity", demoCapacity)
	if err != nil {
		panic(err)
	}
	in := inputs{
		Title: demoName, Demo: true, Currency: demoCurrency, AsOf: demoAsOf,
		Prices: prices, Capacity: capacity,
	}
	var lines keyaccount.TransactionSlice
	for i, a := range demoAccounts {
		own := rand.New(rand.NewPCG(demoSeed, uint64(i)+2)) // one account's draws do not move another's
		l, inv := demoOrders(own, a, prices)
		lines = append(lines, l...)
		in.Invoices = append(in.Invoices, inv...)
		in.Answers = append(in.Answers, demoAnswers(own, a)...)
	}
	// A customer whose only trace is the return of goods bought long ago.
	lines = append(lines, keyaccount.Transaction{
		Account: "Old Mill Antiques", Order: "R-0001", Product: "clamp", Currency: demoCurrency,
		Time:     demoFrom.AddDate(0, 1, r.IntN(20)),
		Quantity: decimal.New(-2, 0), Amount: decimal.New(-5180, -2),
	})
	in.AnswerLines = make([]int, len(in.Answers))
	in.Transactions = &demoSource{lines}
	return in
}

// demoOrders draws one account's order lines and their invoices.
func demoOrders(r *rand.Rand, a demoAccount, prices []productPrice) (keyaccount.TransactionSlice, []invoice) {
	var lines keyaccount.TransactionSlice
	var invoices []invoice
	days := int(demoAsOf.Sub(demoFrom).Hours() / 24)
	last := days
	if a.leaves > 0 {
		last = a.leaves
	}
	for day, n := r.ExpFloat64()*a.gap, 1; day < float64(last); day, n = day+a.gap*(0.5+r.ExpFloat64()*0.5), n+1 {
		at := demoFrom.AddDate(0, 0, int(day)).Add(time.Duration(8*60+r.IntN(9*60)) * time.Minute)
		order := fmt.Sprintf("%.4s-%04d", initials(a.name), n)
		total := decimal.Zero
		for k := range 1 + r.IntN(3) {
			p := prices[(r.IntN(3)+k*2+len(a.name))%len(prices)]
			quantity := math.Ceil(a.basket * (1 + a.trend*day/365) * math.Exp(r.NormFloat64()*0.4))
			line := demoLine(a, order, p, at, decimal.NewFromInt(int64(max(quantity, 1))))
			lines = append(lines, line)
			total = total.Add(line.Amount)
			if r.Float64() < 0.02 {
				back := line
				back.Time = at.AddDate(0, 0, 3+r.IntN(9))
				back.Quantity = line.Quantity.Neg()
				back.Amount = line.Amount.Neg()
				back.Order = "R-" + order
				if back.Time.Before(demoAsOf) {
					lines = append(lines, back)
				}
			}
		}
		paid := at.AddDate(0, 0, max(5, a.payDays+int(r.NormFloat64()*8)))
		inv := invoice{ID: "I-" + order, Account: a.name, Issued: at, Due: at.AddDate(0, 0, 30), Amount: total}
		if paid.Before(demoAsOf) {
			inv.Paid = paid
		}
		invoices = append(invoices, inv)
	}
	return lines, invoices
}

// demoLine prices a line by the book and takes the account's discount off.
func demoLine(a demoAccount, order string, p productPrice, at time.Time, quantity decimal.Decimal) keyaccount.Transaction {
	book, err := p.Ladder.Price(quantity)
	if err != nil {
		panic(err) // the embedded book is ours
	}
	keep := decimal.NewFromInt(int64(100 - a.discount)).Shift(-2)
	return keyaccount.Transaction{
		Account: a.name, Order: order, Product: p.Product, Time: at, Currency: demoCurrency,
		Quantity: quantity, Amount: book.Total.Mul(keep).RoundBank(2),
	}
}

var demoRoles = []string{"purchasing", "production", "finance", "workshop"}

// demoAnswers draws the latest survey wave of one account; one contact in five
// answered the wave before as well, and some do not answer.
func demoAnswers(r *rand.Rand, a demoAccount) []survey.Answer {
	if a.mood == 0 {
		return nil
	}
	var answers []survey.Answer
	wave := demoAsOf.AddDate(0, -1, 0)
	score := func() int { return int(min(10, max(0, math.Round(a.mood+r.NormFloat64()*1.3)))) }
	for _, role := range demoRoles[:2+r.IntN(3)] {
		contact := role + "@" + initials(a.name)
		answer := survey.Answer{Account: a.name, Contact: contact, Time: wave.AddDate(0, 0, r.IntN(20))}
		if r.IntN(5) == 0 {
			before := answer
			before.Time = answer.Time.AddDate(0, -6, 0)
			before.State, before.Score = survey.Answered, score()
			answers = append(answers, before)
		}
		if r.IntN(9) == 0 {
			answer.State = survey.Refused
		} else {
			answer.State, answer.Score = survey.Answered, score()
		}
		answers = append(answers, answer)
	}
	return answers
}

// initials makes a short code from a name: the first runes of its words.
func initials(name string) string {
	var code strings.Builder
	start := true
	for _, c := range name {
		if c == ' ' || c == '&' {
			start = true
			continue
		}
		if start || c > 0x7f {
			code.WriteRune(c)
		}
		start = false
	}
	return code.String()
}

// demoSource is the demo's transactions with the report a file would have.
type demoSource struct{ keyaccount.TransactionSlice }

// Report says that every line was used.
func (d *demoSource) Report() fileReport {
	n := len(d.TransactionSlice)
	return fileReport{Name: "demo", Rows: n, Used: n}
}
