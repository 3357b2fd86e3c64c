// Light or dark before anything is drawn. Nothing chosen: as the system has it.
const chosen = localStorage.getItem("theme");
if (chosen) document.documentElement.dataset.theme = chosen;
