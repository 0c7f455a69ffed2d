"""The class that shows an answer, for scripts of tests."""

# A script: the module of the page's rendering, as `MarkdownView`.
VIEW = """const version = new URL(document.querySelector("script").src).searchParams.get("v");
    const { MarkdownView } = await import(`${location.pathname}/assets/${version}/markdown.js`);"""
