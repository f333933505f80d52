package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/clv"
)

// flow is a model of orders that -model can name.
type flow struct {
	key   string
	model clv.Model
	fit   func(*clv.Counts, *clv.FitOptions) (clv.Fitted, error)
}

// flows are in the order in which -model auto tries them; of equals the first
// wins, so that those with a rhythm come last.
func flows() []flow {
	return []flow{
		{"mbg", clv.MBGNBD{}, fitted(clv.FitMBGNBD)},
		{"bg", clv.BGNBD{}, fitted(clv.FitBGNBD)},
		{"pareto", clv.ParetoNBD{}, fitted(clv.FitParetoNBD)},
		{"nbd", clv.NBD{}, fitted(clv.FitNBD)},
		{"mbgcnbd", clv.MBGCNBD{}, rhythmic(clv.FitMBGRhythm)},
		{"bgcnbd", clv.BGCNBD{}, rhythmic(clv.FitBGRhythm)},
	}
}

func fitted[F clv.Fitted](fit func(*clv.Counts, *clv.FitOptions) (F, error)) func(*clv.Counts, *clv.FitOptions) (clv.Fitted, error) {
	return func(table *clv.Counts, opts *clv.FitOptions) (clv.Fitted, error) {
		f, err := fit(table, opts)
		if err != nil {
			return nil, err
		}
		return f, nil
	}
}

func rhythmic[F clv.Fitted](fit func(*clv.Counts, *clv.FitOptions) (F, []clv.RhythmTrial, error)) func(*clv.Counts, *clv.FitOptions) (clv.Fitted, error) {
	return fitted(func(table *clv.Counts, opts *clv.FitOptions) (F, error) {
		f, _, err := fit(table, opts)
		return f, err
	})
}

// rhythm is the K of a model that has one, and 1 of any other.
func rhythm(fit clv.Fitted) int {
	switch f := fit.(type) {
	case *clv.BGCNBDFit:
		return f.K
	case *clv.MBGCNBDFit:
		return f.K
	default:
		return 1
	}
}

// money is a model of what an order is worth that -spend can name.
type money struct {
	key   string
	fit   func(*clv.SpendCounts, *clv.FitOptions) (clv.FittedSpend, error)
	read  func([]byte) (clv.FittedSpend, error)
	prior func(scale float64) clv.Prior
	// takes says whether the model can learn from such amounts.
	takes func(clv.SpendHistory) bool
}

// The weak priors: orders of one account scatter by 14 to 100 % around their
// mean, and so do those means around that of all.
func moneys() []money {
	levels := func(scale float64) clv.Prior {
		one := clv.Normal{Mean: math.Log(scale) - 1, SD: 1}
		return clv.Prior{"ln(tau)": one, "ln(sigma)": one}
	}
	return []money{
		{
			"gamma", fittedSpend(clv.FitGammaGamma), spendReader[clv.GammaGammaFit],
			func(float64) clv.Prior { return clv.Prior{"ln(p)": {Mean: 2, SD: 1}, "ln(q-1)": {Mean: 1, SD: 1}} },
			func(s clv.SpendHistory) bool { return s.Mean > 0 },
		},
		{
			"lognormal", fittedSpend(clv.FitLogNormal), spendReader[clv.LogNormalFit],
			func(float64) clv.Prior { return levels(1) },
			func(s clv.SpendHistory) bool { return s.Mean > 0 && (s.Orders == 1 || s.Detail == clv.WithLogs) },
		},
		{
			"normal", fittedSpend(clv.FitNormalSpend), spendReader[clv.NormalSpendFit], levels,
			func(s clv.SpendHistory) bool { return s.Orders == 1 || s.Detail != clv.MeanOnly },
		},
	}
}

func fittedSpend[F clv.FittedSpend](fit func(*clv.SpendCounts, *clv.FitOptions) (F, error)) func(*clv.SpendCounts, *clv.FitOptions) (clv.FittedSpend, error) {
	return func(table *clv.SpendCounts, opts *clv.FitOptions) (clv.FittedSpend, error) {
		f, err := fit(table, opts)
		if err != nil {
			return nil, err
		}
		return f, nil
	}
}

func spendReader[T any, F interface {
	*T
	clv.FittedSpend
}](data []byte) (clv.FittedSpend, error) {
	f := F(new(T))
	return f, json.Unmarshal(data, f)
}

// kept is what -save writes: both fits, and what their numbers stand for.
type kept struct {
	Schema   string            `json:"schema"`
	Version  int               `json:"version"`
	Currency string            `json:"currency,omitempty"`
	Returns  clv.ReturnsPolicy `json:"returns"`
	First    clv.FirstOrder    `json:"first_order"`
	Orders   json.RawMessage   `json:"orders"`
	Spend    json.RawMessage   `json:"spend,omitempty"`
}

const (
	keptSchema  = "keyaccount/examples/clv.Models"
	keptVersion = 1
)

// models are the two fits of a run; spend is nil where values are not known.
type models struct {
	orders   clv.Fitted
	spend    clv.FittedSpend
	currency string
	returns  clv.ReturnsPolicy
	first    clv.FirstOrder
}

func (m *models) save(file string) error {
	out := kept{Schema: keptSchema, Version: keptVersion, Currency: m.currency, Returns: m.returns, First: m.first}
	var err error
	if out.Orders, err = json.Marshal(m.orders); err != nil {
		return err
	}
	if m.spend != nil {
		if out.Spend, err = json.Marshal(m.spend); err != nil {
			return err
		}
	}
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

func load(file string) (*models, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return m, nil
}

func decode(file io.Reader) (*models, error) {
	var in kept
	dec := json.NewDecoder(file)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return nil, err
	}
	if in.Schema != keptSchema || in.Version != keptVersion {
		return nil, fmt.Errorf("schema %q version %d; only %q version %d is known here", in.Schema, in.Version, keptSchema, keptVersion)
	}
	flow, err := clv.ReadOrderFlow(in.Orders)
	if err != nil {
		return nil, fmt.Errorf("the model of orders: %w", err)
	}
	orders, ok := flow.(clv.Fitted)
	if !ok {
		return nil, errors.New("the model of orders comes without its fit")
	}
	m := &models{orders: orders, currency: in.Currency, returns: in.Returns, first: in.First}
	if len(in.Spend) == 0 {
		return m, nil
	}
	for _, s := range moneys() {
		if m.spend, err = s.read(in.Spend); !errors.Is(err, keyaccount.ErrMismatch) {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the model of spend: %w", err)
	}
	return m, nil
}
