package cluster_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/segment/cluster"
)

// Yearly revenue in thousands, orders, and days since the last one.
var accounts = [][]float64{
	{820, 4, 40}, {760, 3, 55}, {905, 5, 35}, {690, 3, 60}, // big and seldom
	{95, 48, 3}, {120, 52, 2}, {88, 44, 5}, {105, 50, 4}, {99, 47, 3}, // small and often
	{12, 2, 210}, {8, 1, 260}, {15, 2, 190}, {9, 1, 240}, {11, 2, 230}, {14, 2, 205}, // asleep
}

var features = []cluster.Feature{
	{Name: "revenue", Label: keyaccount.Text{Zh: "收入"}},
	{
		Name: "orders",
		High: keyaccount.Text{En: "frequent orders", Zh: "订单频繁"},
		Low:  keyaccount.Text{En: "rare orders", Zh: "订单少"},
	},
	{
		Name: "days_since_last",
		High: keyaccount.Text{En: "long silent", Zh: "久未下单"},
		Low:  keyaccount.Text{En: "recently active", Zh: "近期活跃"},
	},
}

// The whole way: comparable features, the number of groups, the groups, their
// names, and a new account.
func Example() {
	x, err := cluster.NewMatrix(accounts)
	if err != nil {
		fmt.Println(err)
		return
	}
	t, err := cluster.FitTransform(x, cluster.Step{Kind: cluster.Log1p}, cluster.Step{Kind: cluster.Standardise})
	if err != nil {
		fmt.Println(err)
		return
	}
	choice, err := cluster.ChooseKMeans(x, &cluster.ChooseOptions{
		KMeans: cluster.KMeansOptions{Source: rand.NewPCG(1, 2), Transform: t, Features: features},
		Rule:   cluster.BySilhouette, KMax: 6,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fit := choice.KMeans
	profiles, err := cluster.Describe(x, fit.Labels, &cluster.DescribeOptions{Features: features, Transform: t})
	if err != nil {
		fmt.Println(err)
		return
	}
	fit.Names = profiles.Names()
	for _, p := range profiles.Clusters {
		fmt.Printf("%d: %d accounts, revenue %.0f: %s | %s\n", p.Cluster, p.Size, p.Features[0].Mean, p.Name.In("en"), p.Name.In("zh"))
	}
	a, err := fit.Assign([]float64{640, 6, 30})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("new account:", fit.Names[a.Cluster].In("en"))
	// Output:
	// 0: 6 accounts, revenue 12: low revenue, long silent | 低收入，久未下单
	// 1: 5 accounts, revenue 101: frequent orders, recently active | 订单频繁，近期活跃
	// 2: 4 accounts, revenue 794: high revenue | 高收入
	// new account: high revenue
}

// More clusters than distinct rows is an error that says how many there are.
func ExampleFitKMeans() {
	x, _ := cluster.NewMatrix([][]float64{{1, 1}, {1, 1}, {9, 9}, {9, 8}})
	_, err := cluster.FitKMeans(x, 4, &cluster.KMeansOptions{Source: rand.NewPCG(1, 1)})
	in, _ := errors.AsType[*keyaccount.InputError](err)
	fmt.Println(in.Field, in.Value, errors.Is(err, keyaccount.ErrOutOfRange))
	fmt.Println(err)

	fit, err := cluster.FitKMeans(x, 2, &cluster.KMeansOptions{Source: rand.NewPCG(1, 1)})
	fmt.Println(fit.Labels, fit.Centres, fit.Inertia, fit.Status, err)
	// Output:
	// k 4 true
	// keyaccount: k "4": there are only 3 distinct rows
	// [0 0 1 1] [[1 1] [9 8.5]] 0.5 converged <nil>
}

// A model is kept as JSON and asked again later.
func ExampleModel() {
	x, _ := cluster.NewMatrix([][]float64{{0}, {1}, {10}, {12}})
	fit, _ := cluster.FitKMeans(x, 2, &cluster.KMeansOptions{Source: rand.NewPCG(1, 1), Features: cluster.Features("orders")})
	saved, _ := json.Marshal(fit.Model)
	fmt.Println(string(saved))

	var model cluster.Model
	if err := json.Unmarshal(saved, &model); err != nil {
		fmt.Println(err)
		return
	}
	a, err := model.Assign([]float64{9})
	fmt.Println(a.Cluster, a.Distance, a.Next, a.NextDistance, err)
	// Output:
	// {"schema":"keyaccount/segment/cluster.Model","version":1,"features":[{"name":"orders"}],"centres":[[0.5],[11]]}
	// 1 2 0 8.5 <nil>
}

// Why is the account in this cluster and not in the next one?
func ExampleModel_Explain() {
	x, _ := cluster.NewMatrix([][]float64{{0, 0}, {2, 0}, {10, 4}, {12, 4}})
	fit, _ := cluster.FitKMeans(x, 2, &cluster.KMeansOptions{Source: rand.NewPCG(1, 1), Features: cluster.Features("revenue", "orders")})
	e, _ := fit.Explain([]float64{5, 3})
	fmt.Println("cluster", e.Cluster, "by", e.Lead)
	for _, c := range e.Contributions {
		fmt.Println(c.Feature, c.Value)
	}
	// Output:
	// cluster 0 by 12
	// revenue 20
	// orders -8
}

// Next quarter's run keeps the numbers of this one.
func ExampleMatchLabels() {
	before := []int{0, 0, 0, 1, 1, 1, 2, 2}
	after := []int{1, 1, 1, 2, 2, 0, 0, 0}
	m, err := cluster.MatchLabels(before, after)
	if err != nil {
		fmt.Println(err)
		return
	}
	labels, _ := m.Relabel(after)
	fmt.Println(labels, m.Agreement)
	ari, _ := cluster.AdjustedRand(before, after)
	fmt.Printf("%.3f\n", ari)
	// Output:
	// [0 0 0 1 1 2 2 2] 0.875
	// 0.619
}

// A mixture says how sure it is.
func ExampleFitMixture() {
	r := rand.New(rand.NewPCG(7, 7))
	var rows [][]float64
	for range 300 {
		rows = append(rows, []float64{r.NormFloat64(), r.NormFloat64()}, []float64{5 + 2*r.NormFloat64(), 5 + r.NormFloat64()})
	}
	x, _ := cluster.NewMatrix(rows)
	choice, err := cluster.ChooseMixture(x, &cluster.ChooseMixtureOptions{
		Mixture: cluster.MixtureOptions{Source: rand.NewPCG(1, 1), Covariance: cluster.Diagonal}, KMax: 4,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range choice.Table {
		fmt.Printf("%d %.0f\n", c.K, *c.BIC)
	}
	m, _ := choice.Mixture.Assign([]float64{2, 2.5})
	fmt.Printf("%d: %.2f\n", choice.K, m.Responsibilities)
	// Output:
	// 1 5863
	// 2 4743
	// 3 4768
	// 4 4794
	// 2: [0.48 0.52]
}

// Any measure of unlikeness will do, and the clusters have a real account in
// their middle.
func ExampleFitPAM() {
	d, err := cluster.NewDissimilarities([][]float64{
		{0, 1, 2, 9, 9},
		{1, 0, 1, 8, 9},
		{2, 1, 0, 9, 8},
		{9, 8, 9, 0, 2},
		{9, 9, 8, 2, 0},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fit, err := cluster.FitPAM(d, 2, nil)
	fmt.Println(fit.Medoids, fit.Labels, fit.Cost, err)
	s, _ := d.Silhouette(fit.Labels)
	fmt.Printf("%.3f\n", s.Mean)
	// Output:
	// [1 3] [0 0 0 1 1] 4 <nil>
	// 0.816
}
