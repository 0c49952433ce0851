for (const table of document.querySelectorAll(".sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.firstChild.addEventListener("click", () => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    heads.forEach(other => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = row => row.cells[column].dataset.key;
    const order = (a, b) => head.classList.contains("number") ? a - b : a.localeCompare(b);
    const rows = [...table.tBodies[0].rows].sort((a, b) =>
      key(a) === "" || key(b) === "" ? (key(a) === "") - (key(b) === "") : (up ? 1 : -1) * order(key(a), key(b)));
    table.tBodies[0].append(...rows);
  }));
}
