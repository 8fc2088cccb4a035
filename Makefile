# Each verb is a script of the same name; this file only names them.
#   make demo              JupyterLab on the first notebook (PORT=8899, BROWSER=no)
#   make test              everything: style, types, both languages' tests, notebooks, browser
#   make check build notebooks browser docs    parts of it
.PHONY: demo test check build notebooks browser docs clean

demo:
	@scripts/demo $(if $(PORT),--port $(PORT)) $(if $(filter no,$(BROWSER)),--no-browser)

test check build notebooks browser docs:
	@scripts/$@

clean:
	rm -rf .venv build dist test-output js/node_modules nanover_jupyter/static
