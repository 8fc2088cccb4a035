# Each target runs the script of the same name.
#   make demo              JupyterLab on the first notebook (PORT=8899, BROWSER=no)
#   make quick             checks and unit tests
#   make test              everything: quick, notebooks, docs, packaging, page and Jupyter tests
#   make check unit page jupyter upstream notebooks docs packaging build       parts of it
.PHONY: demo quick test check unit page jupyter upstream notebooks docs packaging build clean

demo:
	@scripts/demo $(if $(PORT),--port $(PORT)) $(if $(filter no,$(BROWSER)),--no-browser)

quick test check unit page jupyter upstream notebooks docs packaging build:
	@scripts/$@

clean:
	rm -rf .venv build dist test-output js/node_modules js/page/dist nanover_jupyter/static
