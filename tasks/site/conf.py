# How Sphinx builds the reading site from what deno task site wrote beside this file.
project = "Learn Apache Kafka by running it"
html_title = project
author = ""
root_doc = "index"

extensions = ["myst_nb"]
# The notebooks were run by deno task notebooks --write: here they are only read.
nb_execution_mode = "off"
nb_mime_priority_overrides = [
    ("html", "application/vnd.kafka-notebooks.exercise+json", None),
    ("html", "application/vnd.kafka-notebooks.claim+json", None),
]
nb_code_prompt_show = "Show the code"
myst_heading_anchors = 4
# Whether links lead somewhere, deno task site looks itself: Sphinx does not see addresses in HTML.
# "Lexing failed" is about a few lines of Java and SQL, which are shown without colours.
suppress_warnings = ["mystnb.unknown_mime_type", "misc.highlighting_failure", "myst.xref_missing"]

html_theme = "sphinx_book_theme"
html_theme_options = {
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "home_page_in_toc": True,
}
html_show_sourcelink = False
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
# Without one, browsers ask for a file that is not there.
html_favicon = "_static/favicon.svg"
html_context = {"default_mode": "auto"}
