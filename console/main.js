// The first module of the console.
document.getElementById("app").textContent = "Posthorn";
