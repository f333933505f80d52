package affinity_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/segment/affinity"
)

func sale(account, order, date, products string) []keyaccount.Transaction {
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	var lines []keyaccount.Transaction
	for product := range strings.FieldsSeq(products) {
		lines = append(lines, keyaccount.Transaction{
			Account: account, Order: order, Product: product, Time: at, Quantity: decimal.New(1, 0), Amount: decimal.New(10, 0),
		})
	}
	return lines
}

var orders = [][]keyaccount.Transaction{
	sale("Adler", "1", "2025-01-06", "printer ink paper"),
	sale("Adler", "2", "2025-02-05", "ink paper"),
	sale("Adler", "3", "2025-03-07", "ink"),
	sale("Birke", "4", "2025-01-20", "printer ink"),
	sale("Birke", "5", "2025-03-03", "ink stapler"),
	sale("Cedar", "6", "2025-02-10", "printer paper"),
	sale("Dorn", "7", "2025-02-14", "desk chair"),
	sale("Esche", "8", "2025-03-01", "desk chair lamp"),
}

var segments = map[string]string{"Adler": "office", "Birke": "office", "Cedar": "office", "Dorn": "home", "Esche": "home"}

func purchases() *affinity.Purchases {
	p := new(affinity.Purchases)
	for _, lines := range orders {
		for _, tx := range lines {
			if err := p.Add(tx); err != nil {
				panic(err)
			}
		}
	}
	return p
}

// The whole way: purchases, a model that is kept as JSON, and what each account
// may buy next, with the reason.
func Example() {
	p := purchases()
	model, err := affinity.Fit(p, &affinity.FitOptions{Segments: segments})
	if err != nil {
		fmt.Println(err)
		return
	}
	saved, err := json.Marshal(model)
	if err != nil {
		fmt.Println(err)
		return
	}
	var kept affinity.Model
	if err := json.Unmarshal(saved, &kept); err != nil {
		fmt.Println(err)
		return
	}
	for history := range p.Histories() {
		history.Segment = segments[history.Account]
		next, err := kept.Next(history, &affinity.NextOptions{N: 1})
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, r := range next {
			fmt.Printf("%s: %s %.3f, %s\n", history.Account, r.Product, r.Score, r.Explain("en"))
		}
	}
	// Output:
	// Adler: stapler 1.284, bought together: 1 co-buyer with ink, of its 2; 1 co-buyer with printer, of its 3
	// Birke: paper 1.316, bought together: 2 co-buyers with printer, of its 3; 1 co-buyer with ink, of its 2
	// Cedar: ink 1.316, bought together: 2 co-buyers with printer, of its 3; 1 co-buyer with paper, of its 2
	// Dorn: lamp 1.414, bought together: 1 co-buyer with chair, of its 2; 1 co-buyer with desk, of its 2
	// Esche: printer 0.600, popular: 3 of all 5 accounts buy it
}

// A line that cannot be used names its row and field, and is left out.
func ExamplePurchases_Add() {
	p := new(affinity.Purchases)
	line := sale("Adler", "1", "2025-01-06", "ink")[0]
	line.Product = ""
	fmt.Println(p.Add(line))
	fmt.Println(p.Accounts())
	// Output:
	// keyaccount: row 1: Product: a line without a product cannot tell what goes with what; leave it out
	// 0
}

// A basket too large to say anything is left out, and the report says so.
func ExamplePurchases_Baskets() {
	b, err := purchases().Baskets(&affinity.BasketOptions{By: affinity.ByOrder, MaxProducts: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := b.Report()
	fmt.Println(r.Baskets, "baskets of", r.Products, "products;", r.LeftOut, "left out, the largest with", r.Largest)
	fmt.Println("ink and paper together:", b.Together("ink", "paper"))
	// Output:
	// 6 baskets of 6 products; 2 left out, the largest with 3
	// ink and paper together: 1
}

// The five baskets of mlxtend's documentation. A rule without exception has an
// infinite conviction, which is a state and no number.
func ExampleItemsets_Rules() {
	b, err := affinity.NewBaskets([][]string{
		{"Milk", "Onion", "Nutmeg", "Kidney Beans", "Eggs", "Yogurt"},
		{"Dill", "Onion", "Nutmeg", "Kidney Beans", "Eggs", "Yogurt"},
		{"Milk", "Apple", "Kidney Beans", "Eggs"},
		{"Milk", "Unicorn", "Corn", "Kidney Beans", "Yogurt"},
		{"Corn", "Onion", "Onion", "Kidney Beans", "Ice cream", "Eggs"},
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	sets, err := affinity.FrequentItemsets(b, 0.6, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("sets by length:", sets.ByLength)
	rules, err := sets.Rules(&affinity.RuleOptions{MinLift: 1.01, MaxConsequent: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range rules {
		fmt.Printf("%v -> %v: support %.2f confidence %.2f lift %.2f leverage %.2f conviction %v Zhang %.2f\n",
			r.Antecedent, r.Consequent, r.Support, r.Confidence, r.Lift, r.Leverage, r.Conviction, r.Zhang)
	}
	// Output:
	// sets by length: [5 5 1]
	// [Kidney Beans Onion] -> [Eggs]: support 0.60 confidence 1.00 lift 1.25 leverage 0.12 conviction inf Zhang 0.50
	// [Onion] -> [Eggs]: support 0.60 confidence 1.00 lift 1.25 leverage 0.12 conviction inf Zhang 0.50
	// [Eggs] -> [Onion]: support 0.60 confidence 0.75 lift 1.25 leverage 0.12 conviction 1.6 Zhang 1.00
	// [Eggs Kidney Beans] -> [Onion]: support 0.60 confidence 0.75 lift 1.25 leverage 0.12 conviction 1.6 Zhang 1.00
}

func ExampleMeasuresOf() {
	// The counts may come from a database.
	m, err := affinity.MeasuresOf(9835, 2513, 1903, 736)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("confidence %.4f, lift %.4f, Jaccard %.4f\n", m.Confidence, m.Lift, m.Jaccard)
	_, err = affinity.MeasuresOf(5, 2, 3, 4)
	fmt.Println(err)
	// Output:
	// confidence 0.2929, lift 1.5136, Jaccard 0.2000
	// keyaccount: together "4": so many baskets cannot hold both
}

func ExampleBaskets_Similar() {
	b, err := purchases().Baskets(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	neighbours, err := b.Similar(&affinity.SimilarityOptions{Neighbours: 2, Shrinkage: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range neighbours[:3] {
		for _, x := range n.Nearest {
			fmt.Printf("%s, %d buyers: %s %.3f, %d together\n", n.Product, n.Count, x.Product, x.Similarity, x.Together)
		}
	}
	// Output:
	// chair, 2 buyers: desk 0.667, 2 together
	// chair, 2 buyers: lamp 0.354, 1 together
	// desk, 2 buyers: chair 0.667, 2 together
	// desk, 2 buyers: lamp 0.354, 1 together
	// ink, 2 buyers: printer 0.544, 2 together
	// ink, 2 buyers: stapler 0.354, 1 together
}

// A new account is told what its segment buys.
func ExampleModel_Next_coldStart() {
	model, err := affinity.Fit(purchases(), &affinity.FitOptions{Segments: segments})
	if err != nil {
		fmt.Println(err)
		return
	}
	next, err := model.Next(affinity.History{Account: "Fichte", Segment: "home"}, &affinity.NextOptions{N: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range next {
		fmt.Println(r.Rank, r.Product, r.Explain("zh"))
	}
	// Output:
	// 1 chair 同类客户热销：细分“home”的 2 个客户中有 2 个购买；全部 5 个客户中有 2 个购买
	// 2 desk 同类客户热销：细分“home”的 2 个客户中有 2 个购买；全部 5 个客户中有 2 个购买
}

func ExampleModel_Due() {
	p := purchases()
	model, err := affinity.Fit(p, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	asOf := time.Date(2025, 4, 7, 0, 0, 0, 0, time.UTC)
	due, err := model.Due(p.History("Adler"), asOf, &affinity.DueOptions{MinGaps: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range due {
		fmt.Printf("%s %.2f: %s\n", r.Product, r.Score, r.Explain("en"))
	}
	// Output:
	// paper 2.03: due for re-purchase: 1 own gap of 30.0 days on average; expected every 30.0 days, last bought 61 days ago
	// ink 0.97: due for re-purchase: 2 own gaps of 30.0 days on average; 3 gaps of all buyers, 34.0 days on average; expected every 32.0 days, last bought 31 days ago
}

func ExampleModel_WhiteSpace() {
	p := purchases()
	model, err := affinity.Fit(p, &affinity.FitOptions{Segments: segments})
	if err != nil {
		fmt.Println(err)
		return
	}
	cedar := p.History("Cedar")
	cedar.Segment = "office"
	gaps, err := model.WhiteSpace(cedar, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range gaps {
		fmt.Printf("%s %.2f: %s\n", r.Product, r.Score, r.Explain("en"))
	}
	// Output:
	// ink 0.67: peers buy it: 2 of all 5 accounts buy it; 2 of 3 accounts in segment office buy it
}

// Would it have worked? The model sees January and February, and is judged by
// March. Two accounts cannot tell the methods apart.
func ExampleEvaluate() {
	e, err := affinity.Evaluate(purchases(), time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC), &affinity.EvaluateOptions{
		K: 2, Next: affinity.NextOptions{AlreadyBought: affinity.IncludeBought},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("accounts judged:", e.Accounts, "new ones:", e.Cold)
	for _, q := range e.Methods {
		fmt.Printf("%s: precision %.2f, recall %.2f, MAP %.3f, coverage %.2f\n", q.Method, q.Precision, q.Recall, q.MAP, q.Coverage)
	}
	// Output:
	// accounts judged: 2 new ones: 1
	// next: precision 0.50, recall 0.75, MAP 0.375, coverage 0.60
	// popularity: precision 0.50, recall 0.75, MAP 0.375, coverage 0.40
}
