/**
 * chart.js and its plugins, registered once, and only the parts that are used. Everything that draws a chart imports
 * `Chart` from here.
 */
import {
  BarController, BarElement, CategoryScale, Chart, Filler, LinearScale, LineController, LineElement, LogarithmicScale, PointElement, ScatterController,
} from 'chart.js';
import annotation from 'chartjs-plugin-annotation';
import zoom from 'chartjs-plugin-zoom';

Chart.register(
  BarController, BarElement, CategoryScale, Filler, LinearScale, LineController, LineElement, LogarithmicScale, PointElement, ScatterController,
  annotation, zoom,
);
Chart.defaults.animation = false;
Chart.defaults.responsive = true;
Chart.defaults.maintainAspectRatio = false;
Chart.defaults.events = []; // no hover hit-testing: the crosshair finds values by itself

export { Chart };
