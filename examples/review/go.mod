module github.com/keyaccount/keyaccount/examples/review

go 1.26.0

require (
	github.com/jedib0t/go-pretty/v6 v6.8.3
	github.com/keyaccount/keyaccount v0.0.0
	github.com/schollz/progressbar/v3 v3.19.1
	github.com/shopspring/decimal v1.6.0
	github.com/stretchr/testify v1.12.1
	golang.org/x/term v0.47.0
	golang.org/x/text v0.43.0
	gonum.org/v1/plot v0.17.0
)

replace github.com/keyaccount/keyaccount => ../..
